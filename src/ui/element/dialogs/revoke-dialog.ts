/** Asks for confirmation before a token is revoked. */

import { html, type TemplateResult } from 'lit'
import type { Token } from '../token.ts'
import { sentence, titleOf } from '../token-fields/foreign-text.ts'
import { Modal } from './modal.ts'

export class RevokeDialog extends Modal<'revoked'> {
  #token: Token | undefined
  protected override readonly firstFocus = '[data-action="keep"]'

  ask(token: Token): Promise<'revoked' | null> {
    this.#token = token
    return this.open()
  }

  protected override heading(): unknown {
    return this.texts.say('revokeTitle')
  }

  protected override content(): TemplateResult {
    const { texts } = this
    const name = this.#token === undefined ? '' : titleOf(this.#token, texts)
    const hint = this.#token?.hint ?? ''
    return html`<p class="foreign">${sentence(texts, 'revokeText', { name })}</p>
      <p class="muted">${texts.say('hint', { hint })}</p>
      ${this.faultNotice()}
      <div class="buttons end">
        <button type="button" data-action="keep" @click=${() => this.leave()}>${texts.say('keep')}</button>
        <button
          type="button"
          class="danger filled"
          data-action="revoke"
          aria-disabled=${this.busy}
          @click=${this.#revoke}
        >
          ${texts.say('revokeConfirm')}
        </button>
      </div>`
  }

  #revoke(): void {
    const id = this.#token?.id
    if (id === undefined) return
    void this.attempt(async () => {
      await this.client.revoke(id)
      this.finish('revoked')
    })
  }
}
