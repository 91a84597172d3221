/** Tabs by status, each with its number of tokens. */

import { css, html, nothing, type TemplateResult } from 'lit'
import type { Place } from '../place.ts'
import type { Texts } from '../texts.ts'
import { type Counts, STATUSES } from '../token.ts'

type Tab = Place['status']

const TABS: readonly Tab[] = ['all', ...STATUSES]

export interface StatusTabs {
  readonly chosen: Tab
  readonly counts: Counts | undefined
  readonly texts: Texts
  readonly onChoose: (status: Tab) => void
}

export function statusTabs({ chosen, counts, texts, onChoose }: StatusTabs): TemplateResult {
  const count = (tab: Tab) =>
    tab === 'all' ? STATUSES.reduce((sum, status) => sum + (counts?.[status] ?? 0), 0) : counts?.[tab]
  return html`<div class="tabs" role="tablist" aria-label=${texts.say('statuses')} @keydown=${onKey}>
    ${TABS.map(
      (tab) =>
        html`<button
          type="button"
          role="tab"
          id="tab-${tab}"
          aria-controls="panel"
          aria-selected=${tab === chosen}
          tabindex=${tab === chosen ? 0 : -1}
          @click=${() => onChoose(tab)}
        >
          ${texts.say(tab)}
          ${counts === undefined ? nothing : html`<span class="count">${texts.number(count(tab) ?? 0)}</span>`}
        </button>`,
    )}
  </div>`
}

/** WAI-ARIA APG, tabs: arrow keys move focus and select. */
function onKey(event: KeyboardEvent): void {
  const tabs = [...(event.currentTarget as HTMLElement).querySelectorAll<HTMLElement>('[role="tab"]')]
  const at = tabs.indexOf(event.target as HTMLElement)
  const right = (at + 1) % tabs.length
  const left = at - 1
  const isRtl = (event.currentTarget as HTMLElement).matches(':dir(rtl)')
  const [ArrowRight, ArrowLeft] = isRtl ? [left, right] : [right, left]
  const next = { ArrowRight, ArrowLeft, Home: 0, End: -1 }[event.key]
  if (next === undefined) return
  event.preventDefault()
  tabs.at(next)?.focus()
  tabs.at(next)?.click()
}

export const tabsStyles = css`
  .tabs {
    display: flex;
    gap: 0.25rem;
    overflow-x: auto;
    scrollbar-width: thin;
    border-bottom: 1px solid var(--_line);
  }

  .tabs button {
    flex: none;
    gap: 0.4375rem;
    min-height: 2.5rem;
    padding: 0 0.75rem;
    border: 0;
    border-bottom: 2px solid transparent;
    border-radius: 6px 6px 0 0;
    background: none;
    color: var(--_muted);
  }

  .tabs button:focus-visible {
    outline-offset: -3px;
  }

  .tabs [aria-selected='true'] {
    border-bottom-color: var(--_accent);
    color: var(--_text);
  }

  @media (forced-colors: active) {
    /* A transparent border has a color there. */
    .tabs [aria-selected='false'] {
      border-color: Canvas;
    }
  }

  .count {
    min-width: 1.5rem;
    padding: 0 0.4375rem;
    border-radius: 99px;
    background: color-mix(in srgb, var(--_text) 8%, var(--_background));
    color: var(--_text);
    font-size: 0.8125rem;
    line-height: 1.375rem;
  }
`
