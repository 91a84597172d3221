/** The second step before tokens are revoked: it repeats their number, asks for the reason, and shows the result. */

import { css, html, nothing, type PropertyDeclarations, type TemplateResult } from 'lit'
import { sentence, titleOf } from '../../token-fields/foreign-text.ts'
import type { AdminToken, Reason, Revoked } from '../admin-token.ts'
import { AdminModal } from './admin-modal.ts'
import { reasonField } from './reason-field.ts'

/** The tokens that are listed by name; the others are counted. */
const NAMED = 5

export class RevokeManyDialog extends AdminModal<Revoked> {
  static override styles = [
    ...AdminModal.styles,
    css`
      .listed {
        display: grid;
        gap: 0.25rem;
        max-height: 12rem;
        overflow: auto;
      }

      .listed li {
        display: flex;
        flex-wrap: wrap;
        gap: 0 0.625rem;
      }
    `,
  ]
  static override properties: PropertyDeclarations = {
    reason: { state: true },
    result: { state: true },
  }

  declare protected reason: Reason | undefined
  /** Set after the revocation, if there is more to say than that all were revoked. */
  declare protected result: Revoked | undefined
  #tokens: readonly AdminToken[] = []
  protected override readonly firstFocus = '[data-action="keep"]'

  /** Resolves with the result, or `null` if nothing was revoked. */
  ask(tokens: readonly AdminToken[]): Promise<Revoked | null> {
    this.#tokens = tokens
    this.reason = undefined
    this.result = undefined
    return this.open()
  }

  protected override heading(): unknown {
    const count = this.#tokens.length
    return this.result === undefined
      ? this.texts.say('revokeManyTitle', { count })
      : this.texts.say('resultTitle')
  }

  protected override content(): TemplateResult {
    return this.result === undefined ? this.#question() : this.#outcome(this.result)
  }

  /** The result is not lost when the dialog is closed. */
  override leave(): void {
    if (this.result === undefined) super.leave()
    else this.finish(this.result)
  }

  #question(): TemplateResult {
    const { texts, busy } = this
    const count = this.#tokens.length
    return html`<p>${texts.say('revokeManyText', { count })}</p>
      ${this.#list(this.#tokens)}
      ${reasonField(this.reason, texts, (reason) => {
        this.reason = reason
      })}
      ${this.faultNotice()}
      <div class="buttons end">
        <button type="button" data-action="keep" @click=${() => this.leave()}>${texts.say('cancel')}</button>
        <button
          type="button"
          class="danger filled"
          data-action="revoke"
          aria-disabled=${busy}
          @click=${this.#revoke}
        >
          ${busy ? texts.say('revoking') : texts.say('revokeManyConfirm', { count })}
        </button>
      </div>`
  }

  #list(tokens: readonly AdminToken[]): TemplateResult {
    const { texts } = this
    const more = tokens.length - NAMED
    return html`<ul class="listed">
      ${tokens.slice(0, NAMED).map(
        (token) => html`<li class="foreign">
          <strong><bdi>${titleOf(token, texts)}</bdi></strong>
          <span class="muted">${sentence(texts, 'ofOwner', { name: token.user_id })}</span>
        </li>`,
      )}
      ${more > 0 ? html`<li class="muted">${texts.say('moreTokens', { count: more })}</li>` : nothing}
    </ul>`
  }

  #outcome({ revoked: ended, unknown_ids: unknown }: Revoked): TemplateResult {
    const { texts } = this
    const revoked = ended ?? 0
    const before = this.#tokens.length - revoked - unknown.length
    return html`<div class="listed" role="status">
        <p>${texts.say('resultRevoked', { count: revoked })}</p>
        ${before > 0 ? html`<p>${texts.say('resultEnded', { count: before })}</p>` : nothing}
        ${unknown.length > 0 ? html`<p class="warning-text">${texts.say('resultUnknown', { count: unknown.length })}</p>` : nothing}
      </div>
      ${unknown.length > 0 ? this.#list(this.#tokens.filter(({ id }) => unknown.includes(id))) : nothing}
      <div class="buttons end">
        <button type="button" class="primary" data-action="done" @click=${() => this.leave()}>
          ${texts.say('done')}
        </button>
      </div>`
  }

  #revoke(): void {
    const ids = this.#tokens.map(({ id }) => id)
    void this.attempt(async () => {
      const result = await this.client.revokeIds(ids, this.reason)
      if (result.revoked === ids.length) return this.finish(result)
      this.result = result
      await this.updateComplete
      this.renderRoot.querySelector<HTMLElement>('[data-action="done"]')?.focus()
    }, this.uncertain('revokeUncertain'))
  }
}
