/** The header of the page, with the button that generates a token. */

import { html, nothing, type TemplateResult } from 'lit'
import * as icons from './styles/icons.ts'
import type { Texts } from './texts.ts'

export interface PageHeader {
  readonly texts: Texts
  readonly noHeading: boolean
  readonly offline: boolean
  /** Absent if tokens cannot be generated, or if the page shows another button for it. */
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
