/** What the page is for, and the button that everything begins with. */

import { html, nothing, type TemplateResult } from 'lit'
import * as icons from './styles/icons.ts'
import type { Texts } from './texts.ts'

export interface PageHeader {
  readonly texts: Texts
  readonly noHeading: boolean
  readonly offline: boolean
  /** Absent where there is nothing to generate, or another button for it. */
  readonly onGenerate: (() => void) | undefined
}

export function pageHeader({ texts, noHeading, offline, onGenerate }: PageHeader): TemplateResult {
  return html`<header>
    <div>
      ${noHeading ? nothing : html`<h1>${texts.say('title')}</h1>`}
      <p class="muted">${texts.say('introduction')}</p>
    </div>
    ${
      onGenerate === undefined
        ? nothing
        : html`<button
            type="button"
            class="primary"
            data-action="generate"
            aria-disabled=${offline ? 'true' : 'false'}
            @click=${() => offline || onGenerate()}
          >
            ${icons.plus}${texts.say('generateNew')}
          </button>`
    }
  </header>`
}
