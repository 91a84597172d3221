/** The dialog that generates a new token. */

import { css, html, nothing, type PropertyDeclarations, type TemplateResult } from 'lit'
import type { Fault } from '../fault.ts'
import type { ExpiryLimits, IssuedToken, Scope } from '../token.ts'
import type { NewToken } from '../token-client.ts'
import { defaultExpiry, type Expiry, expiresIn, expiryField, NEVER } from './expiry.ts'
import { Modal } from './modal.ts'
import { scopePicker, scopePickerStyles } from './scope-picker.ts'

export class GenerateDialog extends Modal<IssuedToken> {
  static override styles = [
    ...Modal.styles,
    scopePickerStyles,
    css`
      fieldset {
        display: grid;
        gap: 0.375rem;
      }
    `,
  ]
  static override properties: PropertyDeclarations = {
    scopes: { state: true },
    limits: { state: true },
    chosen: { state: true },
    expiry: { state: true },
  }

  /** `null` while loading, `undefined` if loading failed. */
  declare protected scopes: readonly Scope[] | null | undefined
  /** The limits of the lifetime; `undefined` until they are loaded. */
  declare protected limits: ExpiryLimits | undefined
  declare protected chosen: ReadonlySet<string>
  declare protected expiry: Expiry
  protected override readonly firstFocus = '#name'

  ask(): Promise<IssuedToken | null> {
    this.chosen = new Set()
    this.expiry = NEVER
    this.limits = undefined
    void this.#loadCatalogue()
    return this.open()
  }

  protected override heading(): unknown {
    return this.texts.say('generateTitle')
  }

  protected override content(): TemplateResult {
    const { texts } = this
    const optional = html`<span class="muted">(${texts.say('optional')})</span>`
    return html`<form @submit=${this.#submit}>
      <div class="field">
        <label for="name">${texts.say('name')} ${optional}</label>
        <input id="name" name="name" maxlength="100" autocomplete="off" placeholder=${texts.say('nameHint')} />
      </div>
      <div class="field">
        <label for="description">${texts.say('description')} ${optional}</label>
        <textarea id="description" name="description" rows="2" maxlength="1000"></textarea>
      </div>
      <fieldset aria-describedby="scopes-hint">
        <legend>${texts.say('scopes')}</legend>
        <p class="muted" id="scopes-hint">${texts.say('scopesHint')}</p>
        ${this.#scopeChoice()}
      </fieldset>
      ${this.#expiryChoice()}
      ${this.faultNotice()}
      <div class="buttons end">
        <button type="button" @click=${() => this.leave()}>${texts.say('cancel')}</button>
        <button type="submit" class="primary" aria-disabled=${this.busy}>
          ${texts.say(this.busy ? 'generating' : 'generate')}
        </button>
      </div>
    </form>`
  }

  #scopeChoice(): unknown {
    const { texts, scopes, chosen } = this
    if (scopes === null) return nothing
    if (scopes === undefined) {
      return html`<p class="notice error">
        <span>${texts.say('scopesFailed')}</span>
        <button type="button" @click=${() => this.#loadCatalogue()}>${texts.say('retry')}</button>
      </p>`
    }
    const onChoose = (next: ReadonlySet<string>) => {
      this.chosen = next
    }
    return scopePicker({ scopes, chosen, texts, onChoose })
  }

  #expiryChoice(): unknown {
    const { texts, limits, expiry } = this
    if (limits === undefined) return nothing
    const onChange = (next: Expiry) => {
      this.expiry = next
    }
    return expiryField({ expiry, limits, texts, now: Date.now(), onChange })
  }

  async #loadCatalogue(): Promise<void> {
    this.scopes = null
    const catalogue = await this.client.catalogue().catch(() => undefined)
    this.scopes = catalogue?.data
    this.limits = catalogue?.expires_in
    if (this.limits !== undefined) this.expiry = defaultExpiry(this.limits)
  }

  #submit(event: SubmitEvent): void {
    event.preventDefault()
    const fields = new FormData(event.target as HTMLFormElement)
    const wanted: NewToken = {
      name: textOf(fields, 'name'),
      description: textOf(fields, 'description'),
      scopes: [...this.chosen],
      ...(this.limits && { expires_in: expiresIn(this.expiry, this.limits, Date.now()) }),
    }
    void this.attempt(
      async () => this.finish(await this.client.issue(wanted)),
      ({ kind }: Fault) => (kind === 'unreachable' ? this.texts.say('generateUncertain') : undefined),
    )
  }
}

/** `null` for blank text. */
function textOf(fields: FormData, name: string): string | null {
  const text = String(fields.get(name) ?? '')
    .replaceAll('\r\n', '\n')
    .trim()
  return text === '' ? null : text
}
