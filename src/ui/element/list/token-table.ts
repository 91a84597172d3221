/** The list of tokens: a table, or cards on narrow screens. */

import { html, type TemplateResult } from 'lit'
import { repeat } from 'lit/directives/repeat.js'
import type { Token } from '../token.ts'
import { type RowContext, tokenRow } from './token-row.ts'

/** The roles are explicit, because browsers drop table semantics when a table is laid out as cards. */
export function tokenTable(tokens: readonly Token[], context: RowContext): TemplateResult {
  const { texts } = context
  return html`<table role="table" aria-label=${texts.say('title')} @keydown=${(event: KeyboardEvent) => onMenuKey(event, context)}>
    <thead role="rowgroup">
      <tr role="row">
        <th role="columnheader" scope="col">${texts.say('token')}</th>
        <th role="columnheader" scope="col">${texts.say('status')}</th>
        <th role="columnheader" scope="col">${texts.say('usage')}</th>
        <th role="columnheader" scope="col">${texts.say('lastUsed')}</th>
        <th role="columnheader" scope="col">${texts.say('created')}</th>
        <th role="columnheader" scope="col" class="updated">${texts.say('lastUpdated')}</th>
        <th role="columnheader" scope="col"><span class="unseen">${texts.say('actions')}</span></th>
      </tr>
    </thead>
    <tbody role="rowgroup">
      ${repeat(
        tokens,
        ({ id }) => id,
        (token) => tokenRow(token, context),
      )}
    </tbody>
  </table>`
}

/** A menu by keyboard (WAI-ARIA APG, menu button): arrows, Home, End, Escape; Tab leaves it. */
function onMenuKey(event: KeyboardEvent, { onMenu, menu }: RowContext): void {
  if (menu === '') return
  const box = (event.target as HTMLElement).closest('.menu')
  const items = [...(box?.querySelectorAll<HTMLElement>('[role="menuitem"]') ?? [])]
  const at = items.indexOf(event.target as HTMLElement)
  switch (event.key) {
    case 'ArrowDown':
      items[(at + 1) % items.length]?.focus()
      break
    case 'ArrowUp':
      items.at(at <= 0 ? -1 : at - 1)?.focus()
      break
    case 'Home':
      items[0]?.focus()
      break
    case 'End':
      items.at(-1)?.focus()
      break
    case 'Escape':
      box?.querySelector<HTMLElement>('[data-action="menu"]')?.focus()
      onMenu('')
      break
    case 'Tab':
      onMenu('')
      return
    default:
      return
  }
  event.preventDefault()
}
