/** One token in the list. */

import { html, nothing, type TemplateResult } from 'lit'
import * as icons from '../styles/icons.ts'
import type { Texts } from '../texts.ts'
import { type DayOfUse, hasEnded, type Token } from '../token.ts'
import { activeSwitch } from '../token-fields/active-switch.ts'
import { moment, titleOf } from '../token-fields/foreign-text.ts'
import { sparkline, sumOf } from '../token-fields/sparkline.ts'
import { statusBadge, statusReason } from '../token-fields/status-badge.ts'

export type RowAction = 'details' | 'rename' | 'rotate' | 'revoke'

export interface RowContext {
  readonly texts: Texts
  readonly now: number
  /** Whether changes are disabled at the moment. */
  readonly locked: boolean
  /** The id of the token whose menu is open. */
  readonly menu: string
  /** Undefined while unknown. */
  readonly usage: ReadonlyMap<string, readonly DayOfUse[]>
  readonly onSwitch: (token: Token) => void
  readonly onAction: (action: RowAction, token: Token) => void
  readonly onMenu: (id: string) => void
}

/** The number of scopes that are shown; the others are counted. */
const SHOWN_SCOPES = 3

export function tokenRow(token: Token, context: RowContext): TemplateResult {
  const { texts, now, locked, onSwitch } = context
  const ended = hasEnded(token)
  return html`<tr role="row" data-token=${token.id} class=${ended ? 'ended' : ''}>
    <th role="rowheader" scope="row" class="who">${who(token, context)}</th>
    <td role="cell" class="standing">
      <div>${statusBadge(token, texts)}${statusReason(token, texts, now)}</div>
    </td>
    <td role="cell" class="usage"><span class="cell-label">${texts.say('usage')}</span>${use(token, context)}</td>
    <td role="cell">
      <span class="cell-label">${texts.say('lastUsed')}</span>
      ${token.last_used_at === null ? html`<span class="muted">${texts.say('neverUsed')}</span>` : moment(token.last_used_at, texts, now)}
    </td>
    <td role="cell">
      <span class="cell-label">${texts.say('created')}</span>${moment(token.created_at, texts, now)}
    </td>
    <td role="cell" class="updated">
      <span class="cell-label">${texts.say('lastUpdated')}</span>${moment(token.updated_at, texts, now)}
    </td>
    <td role="cell" class="doing">
      <div>
        ${ended ? nothing : activeSwitch({ token, texts, disabled: locked, onSwitch })}
        ${ended ? nothing : menu(token, context)}
      </div>
    </td>
  </tr>`
}

function who(token: Token, { texts, onAction }: RowContext): TemplateResult {
  const title = titleOf(token, texts)
  const more = token.scopes.length - SHOWN_SCOPES
  return html`<button
      type="button"
      class="link name"
      data-action="details"
      aria-label=${texts.say('detailsOf', { name: title })}
      @click=${() => onAction('details', token)}
    >
      <bdi>${title}</bdi>
    </button>
    ${token.description === null ? nothing : html`<p class="muted description"><bdi>${token.description}</bdi></p>`}
    <div class="chips">
      <span class="mono muted hint" title=${texts.say('hint', { hint: token.hint })}>…${token.hint}</span>
      ${token.scopes.slice(0, SHOWN_SCOPES).map((scope) => html`<span class="chip">${scope}</span>`)}
      ${more > 0 ? html`<span class="muted small">${texts.say('moreScopes', { count: more })}</span>` : nothing}
      ${token.scopes.length === 0 ? html`<span class="muted small">${texts.say('noScopes')}</span>` : nothing}
    </div>`
}

function use(token: Token, { texts, usage }: RowContext): unknown {
  const days = usage.get(token.id)
  if (days === undefined) {
    return html`<span class="muted small">${texts.say('requests', { count: token.use_count })}</span>`
  }
  return html`${sparkline(days)}<span class="muted small">${texts.say('requests', { count: sumOf(days) })}</span>`
}

function menu(token: Token, context: RowContext): TemplateResult {
  const { texts, locked, onAction, onMenu } = context
  const open = context.menu === token.id
  const item = (action: RowAction, label: string, { danger = false, disabled = locked } = {}) =>
    html`<button
      type="button"
      role="menuitem"
      tabindex="-1"
      class="quiet ${danger ? 'danger' : ''}"
      data-action=${action}
      aria-disabled=${disabled}
      @click=${() => disabled || onAction(action, token)}
    >
      ${label}
    </button>`
  return html`<div class="menu">
    <button
      type="button"
      class="quiet icon-only"
      data-action="menu"
      aria-haspopup="menu"
      aria-expanded=${open}
      aria-label=${texts.say('actionsFor', { name: titleOf(token, texts) })}
      @click=${() => onMenu(open ? '' : token.id)}
    >
      ${icons.more}
    </button>
    ${
      open
        ? html`<div role="menu" aria-label=${texts.say('actions')}>
            ${item('details', texts.say('viewDetails'), { disabled: false })}
            ${item('rename', texts.say('rename'))}
            ${item('rotate', texts.say('rotate'), { disabled: locked || token.status !== 'active' })}
            ${item('revoke', texts.say('revoke'), { danger: true })}
          </div>`
        : nothing
    }
  </div>`
}
