/** The second step before an owner, or all of its tokens, are changed. */

import { html, nothing, type PropertyDeclarations, type TemplateResult } from 'lit'
import { sentence } from '../../token-fields/foreign-text.ts'
import type { Reason } from '../admin-token.ts'
import { AdminModal } from './admin-modal.ts'
import { reasonField } from './reason-field.ts'

export type OwnerAction = 'deactivate' | 'reactivate' | 'remove' | 'revokeAll'

export interface OwnerQuestion {
  readonly action: OwnerAction
  readonly id: string
  /** How many tokens of the owner are shown that have not ended. */
  readonly known: number
  /** Whether the owner may have more. */
  readonly more: boolean
}

export class OwnerDialog extends AdminModal<'changed'> {
  static override properties: PropertyDeclarations = { reason: { state: true } }

  declare protected reason: Reason | undefined
  #question: OwnerQuestion = { action: 'deactivate', id: '', known: 0, more: false }
  protected override readonly firstFocus = '[data-action="keep"]'

  ask(question: OwnerQuestion): Promise<'changed' | null> {
    this.#question = question
    this.reason = undefined
    return this.open()
  }

  protected override heading(): unknown {
    return this.texts.say(`${this.#question.action}Title`)
  }

  protected override content(): TemplateResult {
    const { texts } = this
    const { action, id } = this.#question
    return html`<p class="foreign">${sentence(texts, `${action}Text`, { name: id })}</p>
      ${action === 'revokeAll' || action === 'remove' ? this.#count() : nothing}
      ${
        action === 'revokeAll'
          ? reasonField(this.reason, texts, (reason) => {
              this.reason = reason
            })
          : nothing
      }
      ${this.faultNotice()}
      <div class="buttons end">
        <button type="button" data-action="keep" @click=${() => this.leave()}>${texts.say('cancel')}</button>
        <button
          type="button"
          class=${action === 'reactivate' ? 'primary' : 'danger filled'}
          data-action="confirm"
          aria-disabled=${this.busy}
          @click=${this.#confirm}
        >
          ${texts.say(`${action}Confirm`)}
        </button>
      </div>`
  }

  #count(): TemplateResult {
    const { texts } = this
    const { known, more } = this.#question
    return html`<p>
      ${texts.say('revokeAllKnown', { count: known })} ${more ? texts.say('revokeAllMore') : nothing}
    </p>`
  }

  #confirm(): void {
    const { action, id } = this.#question
    void this.attempt(
      async () => {
        if (action === 'revokeAll') await this.client.revokeAll(id, this.reason)
        else await this.client.changeOwner(id, action)
        this.finish('changed')
      },
      action === 'revokeAll' ? this.uncertain('revokeUncertain') : undefined,
    )
  }
}
