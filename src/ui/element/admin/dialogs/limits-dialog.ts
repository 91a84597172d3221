/** Changes the limits of a token. */

import { html, type TemplateResult } from 'lit'
import type { Fault } from '../../fault.ts'
import { sentence, titleOf } from '../../token-fields/foreign-text.ts'
import type { AdminToken } from '../admin-token.ts'
import { AdminModal } from './admin-modal.ts'
import { focusFault, LimitsFields, limitsFieldsStyles } from './limits-fields.ts'

export class LimitsDialog extends AdminModal<AdminToken> {
  static override styles = [...AdminModal.styles, limitsFieldsStyles]

  readonly #fields = new LimitsFields(() => this.requestUpdate())
  /** The token as the administrator has seen it. */
  #token: AdminToken | undefined
  protected override readonly firstFocus = '#allowed-ips'

  /** Resolves with the changed token. */
  ask(token: AdminToken): Promise<AdminToken | null> {
    this.#token = token
    this.#fields.fill(token)
    return this.open()
  }

  protected override heading(): unknown {
    return this.texts.say('limitsTitle')
  }

  protected override content(): TemplateResult {
    const { texts, busy } = this
    const name = this.#token === undefined ? '' : titleOf(this.#token, texts)
    return html`<form @submit=${this.#submit}>
      <p class="foreign">${sentence(texts, 'limitsText', { name })}</p>
      ${this.#fields.render(texts)} ${this.faultNotice()}
      <div class="buttons end">
        <button type="button" @click=${() => this.leave()}>${texts.say('cancel')}</button>
        <button type="submit" class="primary" data-action="save" aria-disabled=${busy}>${texts.say('save')}</button>
      </div>
    </form>`
  }

  async #submit(event: SubmitEvent): Promise<void> {
    event.preventDefault()
    const seen = this.#token
    if (seen === undefined || this.busy) return
    const changes = this.#fields.changesOf(seen)
    if (Object.keys(changes).length === 0) return this.finish(null)
    this.#fields.clearFaults()
    let sent = false
    await this.attempt(
      async () => {
        const present = await this.client.get(seen.id)
        this.#token = present
        if (this.#fields.compare(seen, present, this.texts)) return
        sent = true
        this.finish(await this.client.update(seen.id, changes))
      },
      (fault) => this.#say(fault, sent),
    )
    await this.updateComplete
    focusFault(this.renderRoot)
  }

  #say(fault: Fault, sent: boolean): string | undefined {
    const { texts } = this
    if (this.#fields.showFault(fault, texts)) return ''
    // The message of the service says why: the token has ended, or its key is retired.
    if (fault.kind === 'conflict') return texts.say('errorRefused', { detail: fault.detail })
    return sent ? this.uncertain('limitsUncertain')(fault) : undefined
  }
}
