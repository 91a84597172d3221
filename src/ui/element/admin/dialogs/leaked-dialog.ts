/** Revokes the tokens of pasted credentials. The text is cleared as soon as the service has responded. */

import { css, html, type PropertyDeclarations, type TemplateResult } from 'lit'
import * as icons from '../../styles/icons.ts'
import { MAX_CREDENTIALS } from '../admin-token.ts'
import { AdminModal } from './admin-modal.ts'

/** One pasted credential: only its end is stored. */
interface Line {
  readonly hint: string
  readonly found: boolean
}

export class LeakedDialog extends AdminModal<'revoked'> {
  static override styles = [
    ...AdminModal.styles,
    css`
      textarea {
        direction: ltr;
        font: 0.875rem / 1.5 var(--_mono);
        word-break: break-all;
      }

      .lines {
        display: grid;
        margin: 0;
        padding: 0;
        list-style: none;
        gap: 0.5rem;
        max-height: 20rem;
        overflow: auto;
      }

      .lines li {
        display: grid;
        grid-template-columns: auto 1fr;
        gap: 0 0.5rem;
      }

      .lines .icon {
        margin-top: 0.2em;
        color: var(--_success);
      }

      .lines .unknown .icon {
        color: var(--_warning);
      }

      .lines .muted {
        grid-column: 2;
      }
    `,
  ]
  static override properties: PropertyDeclarations = {
    count: { state: true },
    lines: { state: true },
  }

  declare protected count: number
  /** The result of each line; `undefined` before the service has responded. */
  declare protected lines: readonly Line[] | undefined
  protected override readonly firstFocus = '#leaked'

  /** Resolves to `null` if nothing was revoked. */
  ask(): Promise<'revoked' | null> {
    this.count = 0
    this.lines = undefined
    return this.open()
  }

  protected override heading(): unknown {
    return this.texts.say(this.lines === undefined ? 'leakedTitle' : 'resultTitle')
  }

  protected override content(): TemplateResult {
    return this.lines === undefined ? this.#form() : this.#outcome(this.lines)
  }

  override leave(): void {
    if (this.busy) return
    this.#clear()
    this.finish(this.lines?.some(({ found }) => found) ? 'revoked' : null)
  }

  #form(): TemplateResult {
    const { texts, count, busy } = this
    return html`<form @submit=${this.#submit}>
      <p>${texts.say('leakedText', { max: MAX_CREDENTIALS })}</p>
      <div class="field">
        <label for="leaked">${texts.say('leakedField')}</label>
        <textarea
          id="leaked"
          rows="8"
          required
          spellcheck="false"
          autocomplete="off"
          autocapitalize="off"
          translate="no"
          aria-describedby="leaked-count"
          @input=${() => {
            this.count = this.#credentials.length
          }}
        ></textarea>
        <p class="muted" id="leaked-count">
          ${count > MAX_CREDENTIALS ? texts.say('leakedTooMany', { max: MAX_CREDENTIALS }) : texts.say('leakedCount', { count })}
        </p>
      </div>
      ${this.faultNotice()}
      <div class="buttons end">
        <button type="button" data-action="keep" @click=${() => this.leave()}>${texts.say('cancel')}</button>
        <button
          type="submit"
          class="danger filled"
          data-action="revoke"
          aria-disabled=${busy || count === 0 || count > MAX_CREDENTIALS}
        >
          ${busy ? texts.say('revoking') : texts.say('leakedConfirm', { count })}
        </button>
      </div>
    </form>`
  }

  #outcome(lines: readonly Line[]): TemplateResult {
    const { texts } = this
    return html`<div role="status"><ol class="lines">
        ${lines.map(
          ({ hint, found }, index) => html`<li class=${found ? 'ended' : 'unknown'}>
            ${found ? icons.check : icons.alert}
            <span>${texts.say('leakedLine', { line: index + 1, hint })}</span>
            <span class="muted">${texts.say(found ? 'leakedEnded' : 'leakedUnknown')}</span>
          </li>`,
        )}
      </ol></div>
      <div class="buttons end">
        <button type="button" class="primary" data-action="done" @click=${() => this.leave()}>
          ${texts.say('done')}
        </button>
      </div>`
  }

  get #field(): HTMLTextAreaElement | null {
    return this.renderRoot.querySelector('textarea')
  }

  get #credentials(): readonly string[] {
    return (this.#field?.value ?? '').split(/\s+/).filter((line) => line !== '')
  }

  #clear(): void {
    if (this.#field !== null) this.#field.value = ''
  }

  #submit(event: SubmitEvent): void {
    event.preventDefault()
    const credentials = this.#credentials
    if (credentials.length === 0 || credentials.length > MAX_CREDENTIALS) return
    void this.attempt(async () => {
      const { unknown_credentials: unknown } = await this.client.revokeCredentials(credentials, 'leaked')
      this.#clear()
      this.lines = credentials.map((credential, index) => ({
        hint: credential.slice(-4),
        found: !unknown.includes(index),
      }))
      await this.updateComplete
      this.renderRoot.querySelector<HTMLElement>('[data-action="done"]')?.focus()
    }, this.uncertain('revokeUncertain'))
  }
}
