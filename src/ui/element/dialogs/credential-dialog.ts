/** Shows a credential once. Asks before it is lost, and removes it from the document when the dialog closes. */

import { css, html, nothing, type PropertyDeclarations, type TemplateResult } from 'lit'
import * as icons from '../styles/icons.ts'
import type { IssuedToken } from '../token.ts'
import { copyText } from './copy-text.ts'
import { curlLine } from './curl-line.ts'
import { Modal } from './modal.ts'

type Copied = '' | 'token' | 'curl' | 'refused'

export class CredentialDialog extends Modal<null> {
  /**
   * A field is as high as its text, so that a compact credential has no scroll bar, and has six lines at most, so that the
   * buttons fit into a small window. Browsers without `field-sizing` show the rows.
   */
  static override styles = [
    ...Modal.styles,
    css`
      textarea {
        direction: ltr;
        font: 0.875rem / 1.5 var(--_mono);
        resize: none;
        word-break: break-all;
        field-sizing: content;
        max-height: 9rem;
      }

      .row {
        display: flex;
        flex-wrap: wrap;
        gap: 0.5rem;
        align-items: center;
        justify-content: space-between;
      }

      .said {
        min-height: 1.5em;
      }

      .said .icon {
        display: inline-block;
        color: var(--_success);
        vertical-align: -0.2em;
      }
    `,
  ]
  static override properties: PropertyDeclarations = {
    revealed: { state: true },
    copied: { state: true },
    asking: { state: true },
    curlUrl: { attribute: false },
  }

  declare curlUrl: string
  declare protected revealed: boolean
  declare protected copied: Copied
  /** Whether the dialog is asking to confirm closing without a copy. */
  declare protected asking: boolean
  #credential = ''
  #hint = ''
  #safe = false
  protected override readonly firstFocus = '[data-action="copy-token"]'

  show({ token, hint }: IssuedToken): Promise<null> {
    this.#credential = token
    this.#hint = hint
    this.#safe = false
    this.revealed = false
    this.copied = ''
    this.asking = false
    window.addEventListener('beforeunload', this.#warn)
    return this.open()
  }

  protected override heading(): unknown {
    return this.texts.say('shownTitle')
  }

  protected override content(): TemplateResult {
    const { texts, revealed } = this
    const shown = revealed ? this.#credential : '•'.repeat(40) + this.#hint
    return html`
      <p>${texts.say('shownText')}</p>
      <div class="field">
        <div class="row">
          <label for="credential">${texts.say('credential')}</label>
          <button type="button" class="quiet" data-action="reveal" @click=${this.#toggle}>
            ${revealed ? icons.eyeOff : icons.eye}${texts.say(revealed ? 'conceal' : 'reveal')}
          </button>
        </div>
        <textarea
          id="credential"
          rows="5"
          readonly
          spellcheck="false"
          autocomplete="off"
          translate="no"
          .value=${shown}
          @copy=${this.#onManualCopy}
        ></textarea>
      </div>
      <div class="field">
        <label for="curl">${texts.say('curl')}</label>
        <textarea
          id="curl"
          rows="5"
          readonly
          spellcheck="false"
          autocomplete="off"
          translate="no"
          .value=${curlLine(this.curlUrl, shown)}
          @copy=${this.#onManualCopy}
        ></textarea>
      </div>
      <p class="said" role="status">${this.#said()}</p>
      ${this.asking ? this.#question() : this.#buttons()}
    `
  }

  /** Escape, a click outside and Done ask for confirmation if the token was not copied. */
  override leave(): void {
    if (this.#safe) this.#end()
    else this.#ask()
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback()
    window.removeEventListener('beforeunload', this.#warn)
  }

  #buttons(): TemplateResult {
    const { texts } = this
    return html`<div class="buttons end">
      <button type="button" data-action="done" @click=${() => this.leave()}>${texts.say('done')}</button>
      <button type="button" data-action="copy-curl" @click=${() => this.#copy('curl')}>
        ${texts.say('copyCurl')}
      </button>
      <button type="button" class="primary" data-action="copy-token" @click=${() => this.#copy('token')}>
        ${icons.copy}${texts.say('copyToken')}
      </button>
    </div>`
  }

  #question(): TemplateResult {
    const { texts } = this
    return html`<div class="notice warning" role="alertdialog" aria-labelledby="question">
      <p id="question">${texts.say('notCopied')}</p>
      <div class="buttons">
        <button type="button" class="primary" data-action="copy-and-close" @click=${this.#copyAndClose}>
          ${texts.say('copyAndClose')}
        </button>
        <button type="button" data-action="go-back" @click=${this.#goBack}>${texts.say('goBack')}</button>
        <button type="button" class="danger" data-action="close-anyway" @click=${() => this.#end()}>
          ${texts.say('closeAnyway')}
        </button>
      </div>
    </div>`
  }

  #said(): unknown {
    const { texts, copied } = this
    if (copied === '') return nothing
    if (copied === 'refused') return texts.say('copyRefused')
    return html`${icons.check} ${texts.say(copied === 'curl' ? 'curlCopied' : 'tokenCopied')}`
  }

  #toggle(): void {
    this.revealed = !this.revealed
  }

  async #copy(what: 'token' | 'curl'): Promise<boolean> {
    const text = what === 'token' ? this.#credential : curlLine(this.curlUrl, this.#credential)
    this.copied = ''
    if (await copyText(text)) {
      this.#safe = true
      this.copied = what
      return true
    }
    this.copied = 'refused'
    this.asking = false
    this.revealed = true
    await this.updateComplete
    this.renderRoot.querySelector<HTMLTextAreaElement>(what === 'token' ? '#credential' : '#curl')?.select()
    return false
  }

  /** A manual copy counts if it is the whole credential, not its mask. */
  #onManualCopy(event: ClipboardEvent): void {
    const { value, selectionStart, selectionEnd } = event.target as HTMLTextAreaElement
    if (value.slice(selectionStart, selectionEnd).includes(this.#credential)) this.#safe = true
  }

  async #ask(): Promise<void> {
    this.asking = true
    await this.updateComplete
    this.renderRoot.querySelector<HTMLElement>('[data-action="copy-and-close"]')?.focus()
  }

  async #goBack(): Promise<void> {
    this.asking = false
    await this.updateComplete
    this.renderRoot.querySelector<HTMLElement>(this.firstFocus)?.focus()
  }

  async #copyAndClose(): Promise<void> {
    if (await this.#copy('token')) this.#end()
  }

  #end(): void {
    // The fields are emptied before removal, so that references to them do not contain the credential.
    for (const field of this.renderRoot.querySelectorAll('textarea')) field.value = ''
    this.#credential = ''
    window.removeEventListener('beforeunload', this.#warn)
    this.finish(null)
  }

  #warn = (event: BeforeUnloadEvent): void => {
    if (!this.#safe) event.preventDefault()
  }
}
