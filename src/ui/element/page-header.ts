/** The header of the page, with the button that generates a token. */

import { html, nothing, type TemplateResult } from 'lit'
import type { TokenListing } from './list/token-listing.ts'
import * as icons from './styles/icons.ts'
import type { Texts } from './texts.ts'
import type { Owner } from './token.ts'
import { sentence } from './token-fields/foreign-text.ts'

export interface PageHeader {
  readonly listing: TokenListing
  readonly texts: Texts
  readonly noHeading: boolean
  readonly offline: boolean
  /** Absent if tokens cannot be generated, or if the page shows another button for it. */
  readonly onGenerate: (() => void) | undefined
  readonly onOwner: (id: string) => void
}

export function pageHeader(header: PageHeader): TemplateResult {
  const { texts, noHeading, offline, onGenerate } = header
  const owners = ownersIn(header.listing)
  const chosen = owners.find(({ id }) => id === header.listing.place.owner)
  return html`<header>
    <div>
      ${noHeading ? nothing : html`<h1>${texts.say('title')}</h1>`}
      <p class="muted">
        ${
          chosen === undefined
            ? texts.say('introduction')
            : sentence(texts, 'ownerIntroduction', { name: chosen.name ?? chosen.id })
        }
      </p>
      ${owners.length === 0 ? nothing : ownerField(header, owners)}
    </div>
    ${
      onGenerate === undefined
        ? nothing
        : html`<button
            type="button"
            class="primary"
            data-action="generate"
            aria-disabled=${offline}
            @click=${() => offline || onGenerate()}
          >
            ${icons.plus}${texts.say('generateNew')}
          </button>`
    }
  </header>`
}

/** The further owners, with the chosen one also if it is unknown. */
function ownersIn({ owners = [], place: { owner: id } }: TokenListing): readonly Owner[] {
  return id === '' || owners.some((owner) => owner.id === id) ? owners : [...owners, { id, name: null }]
}

function ownerField({ listing, texts, onOwner }: PageHeader, owners: readonly Owner[]): TemplateResult {
  const labels = owners.map(({ id, name }) => name ?? id)
  const you = texts.say('ownerYou')
  // An organization that has the name of another one, or of the user, is shown with its id.
  const isUnique = (label: string) => [you, ...labels].filter((other) => other === label).length === 1
  return html`<div class="field">
    <label for="owner">${texts.say('owner')}</label>
    <select id="owner" @change=${(event: Event) => onOwner((event.target as HTMLSelectElement).value)}>
      <option value="">${you}</option>
      ${owners.map(({ id }, index) => {
        const label = labels[index] ?? id
        return html`<option value=${id} .selected=${id === listing.place.owner}>
          ${isUnique(label) ? label : `${id}: ${label}`}
        </option>`
      })}
    </select>
  </div>`
}
