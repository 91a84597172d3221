/** The fields of a new token that depend on the service: its scopes and its lifetime. */

import { css, html, nothing } from 'lit'
import type { Texts } from '../texts.ts'
import type { ExpiryLimits, Scope } from '../token.ts'
import { defaultExpiry, type Expiry, expiresIn, expiryField, NEVER } from './expiry.ts'
import { scopePicker, scopePickerStyles } from './scope-picker.ts'

/** The scopes and lifetimes that may be chosen. */
export interface Choice {
  readonly data: readonly Scope[]
  readonly expires_in: ExpiryLimits
}

export class CatalogueFields {
  /** `null` while loading, `undefined` if loading failed. */
  #choice: Choice | null | undefined = null
  #chosen: ReadonlySet<string> = new Set()
  #expiry: Expiry = NEVER
  #loading: Promise<Choice> | undefined
  readonly #fetch: () => Promise<Choice>
  readonly #onChange: () => void

  constructor(fetch: () => Promise<Choice>, onChange: () => void) {
    this.#fetch = fetch
    this.#onChange = onChange
  }

  /** Empties the fields and loads what may be chosen. */
  reset(): void {
    this.#chosen = new Set()
    this.#expiry = NEVER
    void this.#load()
  }

  /** The members of a request. Without `expires_in` the service uses its default. */
  get values(): { readonly scopes: readonly string[]; readonly expires_in?: number | null } {
    const limits = this.#choice?.expires_in
    const scopes = [...this.#chosen]
    return limits ? { scopes, expires_in: expiresIn(this.#expiry, limits, Date.now()) } : { scopes }
  }

  scopes(texts: Texts): unknown {
    return html`<fieldset class="choice" tabindex="-1" aria-describedby="scopes-hint">
      <legend>${texts.say('scopes')}</legend>
      <p class="muted" id="scopes-hint">${texts.say('scopesHint')}</p>
      ${this.#scopePicker(texts)}
    </fieldset>`
  }

  lifetime(texts: Texts): unknown {
    const limits = this.#choice?.expires_in
    if (limits === undefined) return nothing
    const onChange = (expiry: Expiry) => {
      this.#expiry = expiry
      this.#onChange()
    }
    return expiryField({ expiry: this.#expiry, limits, texts, now: Date.now(), onChange })
  }

  #scopePicker(texts: Texts): unknown {
    if (this.#choice === null) return nothing
    if (this.#choice === undefined) {
      return html`<p class="notice error" role="alert">
        <span>${texts.say('scopesFailed')}</span>
        <button type="button" data-action="retry" @click=${this.#retry}>${texts.say('retry')}</button>
      </p>`
    }
    const onChoose = (chosen: ReadonlySet<string>) => {
      this.#chosen = chosen
      this.#onChange()
    }
    return scopePicker({ scopes: this.#choice.data, chosen: this.#chosen, texts, onChoose })
  }

  /** The button disappears, so focus moves to the field. */
  readonly #retry = ({ currentTarget }: Event): void => {
    if (currentTarget instanceof Element) currentTarget.closest('fieldset')?.focus()
    void this.#load()
  }

  async #load(): Promise<void> {
    this.#choice = null
    this.#onChange()
    const loading = this.#fetch()
    this.#loading = loading
    const choice = await loading.catch(() => undefined)
    // The dialog was opened again.
    if (this.#loading !== loading) return
    this.#choice = choice
    if (choice) this.#expiry = defaultExpiry(choice.expires_in)
    this.#onChange()
  }
}

export const catalogueFieldsStyles = [
  scopePickerStyles,
  css`
    .choice {
      display: grid;
      gap: 0.375rem;
    }
  `,
]
