/** The field that selects scopes from the catalogue. */

import { css, html, nothing, type TemplateResult } from 'lit'
import type { Texts } from '../texts.ts'
import type { Scope } from '../token.ts'

export interface ScopePicker {
  readonly scopes: readonly Scope[]
  readonly chosen: ReadonlySet<string>
  readonly texts: Texts
  readonly onChoose: (chosen: ReadonlySet<string>) => void
}

/** With fewer scopes there is no button to select all. */
const MANY = 3

export function scopePicker({ scopes, chosen, texts, onChoose }: ScopePicker): TemplateResult {
  if (scopes.length === 0) return html`<p class="muted">${texts.say('scopesEmpty')}</p>`
  const all = scopes.every(({ name }) => chosen.has(name))
  const toggle = (name: string) => onChoose(chosen.symmetricDifference(new Set([name])))
  return html`
    ${
      scopes.length < MANY
        ? nothing
        : html`<button
            type="button"
            class="link"
            @click=${() => onChoose(new Set(all ? [] : scopes.map(({ name }) => name)))}
          >
            ${texts.say(all ? 'selectNone' : 'selectAll')}
          </button>`
    }
    <ul class="scopes">
      ${scopes.map(
        ({ name, description }) =>
          html`<li>
            <label class="scope">
              <input
                type="checkbox"
                name="scope"
                value=${name}
                .checked=${chosen.has(name)}
                @change=${() => toggle(name)}
              />
              <span>
                <span class="mono">${name}</span>
                ${description === null ? nothing : html`<span class="muted foreign">${description}</span>`}
              </span>
            </label>
          </li>`,
      )}
    </ul>
    ${chosen.size === 0 ? html`<p class="muted">${texts.say('scopesNone')}</p>` : nothing}
  `
}

export const scopePickerStyles = css`
  .scopes {
    max-height: 17rem;
    overflow: auto;
    border: 1px solid var(--_line);
    border-radius: var(--_radius);
  }

  .scopes li + li {
    border-top: 1px solid var(--_line);
  }

  .scope {
    display: flex;
    gap: 0.75rem;
    padding: 0.5625rem 0.75rem;
    font-weight: 400;
    cursor: pointer;
  }

  .scope:hover {
    background: var(--_surface);
  }

  .scope > span {
    display: grid;
    justify-items: start;
    min-width: 0;
    overflow-wrap: anywhere;
  }

  .scope .mono {
    font-weight: 600;
  }
`
