/** Text that is edited in place: a button turns it into a field, Enter saves, Escape cancels. */

import { css, html, LitElement, nothing, type PropertyDeclarations, type TemplateResult } from 'lit'
import { Fault, sayFault } from '../fault.ts'
import { controls } from '../styles/controls.ts'
import { forcedColors } from '../styles/forced-colors.ts'
import * as icons from '../styles/icons.ts'
import { theme } from '../styles/theme.ts'
import type { Texts } from '../texts.ts'

export class InPlaceText extends LitElement {
  static override styles = [
    theme,
    controls,
    forcedColors,
    css`
      .shown {
        display: flex;
        gap: 0.375rem;
        align-items: start;
      }

      .value {
        min-width: 0;
        padding: 0.1875rem 0;
        overflow: clip;
        overflow-clip-margin: 4px;
        white-space: pre-wrap;
      }

      .value.large {
        font-size: 1.1875rem;
        font-weight: 650;
        line-height: 1.5;
      }

      form {
        display: grid;
        gap: 0.5rem;
      }

      button.icon-only {
        flex: none;
        width: 2rem;
        min-height: 2rem;
      }
    `,
  ]
  static override properties: PropertyDeclarations = {
    texts: { attribute: false },
    value: { attribute: false },
    label: { attribute: false },
    editLabel: { attribute: false },
    placeholder: { attribute: false },
    multiline: { type: Boolean },
    locked: { type: Boolean },
    save: { attribute: false },
    editing: { state: true },
    busy: { state: true },
    fault: { state: true },
  }

  declare texts: Texts
  declare value: string | null
  declare label: string
  declare editLabel: string
  /** Shown while there is no text. */
  declare placeholder: string
  declare multiline: boolean
  declare locked: boolean
  declare save: (value: string | null) => Promise<void>
  declare protected editing: boolean
  declare protected busy: boolean
  declare protected fault: string

  constructor() {
    super()
    this.multiline = false
    this.locked = false
    this.editing = false
    this.busy = false
    this.fault = ''
  }

  async edit(): Promise<void> {
    this.fault = ''
    this.editing = true
    await this.updateComplete
    this.#field?.select()
  }

  override render(): TemplateResult {
    return this.editing ? this.#form() : this.#text()
  }

  #text(): TemplateResult {
    const { value, placeholder, locked, multiline } = this
    return html`<div class="shown">
      <bdi class="value ${multiline ? '' : 'large'} ${value === null ? 'muted' : ''}">${value ?? placeholder}</bdi>
      ${
        locked
          ? nothing
          : html`<button type="button" class="quiet icon-only" aria-label=${this.editLabel} @click=${this.edit}>
              ${icons.pencil}
            </button>`
      }
    </div>`
  }

  #form(): TemplateResult {
    const { texts, value, label, multiline } = this
    return html`<form @submit=${this.#submit} @keydown=${this.#onKey}>
      ${
        multiline
          ? html`<textarea rows="4" maxlength="1000" aria-label=${label} .value=${value ?? ''}></textarea>`
          : html`<input maxlength="100" autocomplete="off" aria-label=${label} .value=${value ?? ''} />`
      }
      <div role="alert">
        ${this.fault === '' ? nothing : html`<p class="notice error"><span>${this.fault}</span></p>`}
      </div>
      <div class="buttons">
        <button type="submit" class="primary" aria-disabled=${this.busy}>
          ${texts.say('save')}
        </button>
        <button type="button" @click=${this.#cancel}>${texts.say('cancel')}</button>
      </div>
    </form>`
  }

  get #field(): HTMLInputElement | HTMLTextAreaElement | null {
    return this.renderRoot.querySelector('input, textarea')
  }

  #onKey(event: KeyboardEvent): void {
    if (event.key !== 'Escape' || event.isComposing) return
    // Escape closes only this field, not the dialog around it.
    event.preventDefault()
    event.stopPropagation()
    void this.#cancel()
  }

  async #submit(event: SubmitEvent): Promise<void> {
    event.preventDefault()
    if (this.busy) return
    const text = this.#field?.value.trim() ?? ''
    const value = text === '' ? null : text
    if (value === this.value) return this.#cancel()
    this.busy = true
    this.fault = ''
    try {
      await this.save(value)
      await this.#cancel()
    } catch (error) {
      if (!(error instanceof Fault)) throw error
      this.fault = sayFault(error, this.texts)
    } finally {
      this.busy = false
    }
  }

  async #cancel(): Promise<void> {
    this.editing = false
    await this.updateComplete
    this.renderRoot.querySelector('button')?.focus()
  }
}
