/** The pager: previous and next page, and the range of the current one. */

import { css, html, nothing, type TemplateResult } from 'lit'
import type { Texts } from '../texts.ts'

export interface Pager {
  readonly page: number
  readonly size: number
  readonly shown: number
  /** `null` if unknown: then the range of this page is unknown too. */
  readonly total: number | null
  readonly hasNext: boolean
  readonly texts: Texts
  readonly onFirst: () => void
  /** Absent if the previous cursor is unknown. */
  readonly onPrevious: (() => void) | undefined
  readonly onNext: () => void
}

export function pager(pager: Pager): TemplateResult {
  const { page, size, shown, total, hasNext, texts } = pager
  const from = (page - 1) * size + 1
  const range =
    total === null
      ? texts.say('shownCount', { count: shown })
      : texts.say('range', { from, to: Math.min(from + shown - 1, total), total })
  return html`<nav class="pager" aria-label=${texts.say('pages')}>
    <span class="muted">${range}</span>
    ${
      page === 1 && !hasNext
        ? nothing
        : html`<div class="buttons">
            ${page > 1 ? html`<button type="button" data-action="first" @click=${pager.onFirst}>${texts.say('firstPage')}</button>` : nothing}
            ${pager.onPrevious === undefined ? nothing : html`<button type="button" data-action="previous" @click=${pager.onPrevious}>${texts.say('previous')}</button>`}
            <button type="button" data-action="next" ?disabled=${!hasNext} @click=${pager.onNext}>
              ${texts.say('next')}
            </button>
          </div>`
    }
  </nav>`
}

export const pagerStyles = css`
  .pager {
    display: flex;
    flex-wrap: wrap;
    gap: 0.75rem;
    align-items: center;
    justify-content: space-between;
    min-height: 2.25rem;
  }
`
