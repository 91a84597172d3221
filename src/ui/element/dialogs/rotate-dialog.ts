/** Replaces a token with a new one, with a grace period in which both work. */

import { html, nothing, type PropertyDeclarations, type TemplateResult } from 'lit'
import type { Fault } from '../fault.ts'
import type { IssuedToken, Scope, Token } from '../token.ts'
import { sentence, titleOf } from '../token-fields/foreign-text.ts'
import { Modal } from './modal.ts'
import { scopePicker, scopePickerStyles } from './scope-picker.ts'

const HOUR_SECONDS = 3_600
const DAY_HOURS = 24
const GRACES_HOURS = [0, 1, DAY_HOURS, 3 * DAY_HOURS, 7 * DAY_HOURS]

export class RotateDialog extends Modal<IssuedToken> {
  static override styles = [...Modal.styles, scopePickerStyles]
  static override properties: PropertyDeclarations = { scopes: { state: true }, chosen: { state: true } }

  /** The scopes that may be granted; `null` until they are loaded: then the scopes are not changed. */
  declare protected scopes: readonly Scope[] | null
  declare protected chosen: ReadonlySet<string>
  #token: Token | undefined
  protected override readonly firstFocus = '#grace'

  ask(token: Token): Promise<IssuedToken | null> {
    this.#token = token
    this.scopes = null
    this.chosen = new Set(token.scopes)
    void this.#loadScopes()
    return this.open()
  }

  protected override heading(): unknown {
    return this.texts.say('rotateTitle')
  }

  protected override content(): TemplateResult {
    const { texts, scopes } = this
    const name = this.#token === undefined ? '' : titleOf(this.#token, texts)
    return html`<p class="foreign">${sentence(texts, 'rotateText', { name })}</p>
      <form @submit=${this.#submit}>
        <div class="field">
          <label for="grace">${texts.say('grace')}</label>
          <select id="grace" name="grace">
            ${GRACES_HOURS.map(
              (hours) =>
                html`<option value=${hours * HOUR_SECONDS} ?selected=${hours === DAY_HOURS}>
                  ${this.#grace(hours)}
                </option>`,
            )}
          </select>
        </div>
        ${
          scopes === null || scopes.length === 0
            ? nothing
            : html`<details>
                <summary>${texts.say('rotateScopes')}</summary>
                <fieldset aria-label=${texts.say('scopes')}>
                  ${scopePicker({
                    scopes,
                    chosen: this.chosen,
                    texts,
                    onChoose: (chosen) => {
                      this.chosen = chosen
                    },
                  })}
                </fieldset>
              </details>`
        }
        ${this.faultNotice()}
        <div class="buttons end">
          <button type="button" @click=${() => this.leave()}>${texts.say('cancel')}</button>
          <button
            type="submit"
            class="primary"
            data-action="rotate"
            aria-disabled=${this.busy}
          >
            ${texts.say('rotateConfirm')}
          </button>
        </div>
      </form>`
  }

  #grace(hours: number): string {
    if (hours === 0) return this.texts.say('graceNone')
    if (hours % DAY_HOURS === 0) return this.texts.say('graceDays', { count: hours / DAY_HOURS })
    return this.texts.say('graceHours', { count: hours })
  }

  async #loadScopes(): Promise<void> {
    this.scopes = await this.client.scopes().catch(() => null)
    // The new token cannot have scopes that its owner may no longer grant.
    if (this.scopes !== null) {
      this.chosen = this.chosen.intersection(new Set(this.scopes.map(({ name }) => name)))
    }
  }

  #submit(event: SubmitEvent): void {
    event.preventDefault()
    const token = this.#token
    if (token === undefined) return
    const grace = Number(new FormData(event.target as HTMLFormElement).get('grace'))
    const same = this.chosen.symmetricDifference(new Set(token.scopes)).size === 0
    void this.attempt(
      async () => {
        const rotation = { grace_period: grace, ...(same ? {} : { scopes: [...this.chosen] }) }
        this.finish(await this.client.rotate(token.id, rotation))
      },
      ({ kind }: Fault) => {
        if (kind === 'unreachable') return this.texts.say('rotateUncertain')
        return kind === 'no-route' ? this.texts.say('rotateMissing') : undefined
      },
    )
  }
}
