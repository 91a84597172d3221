/** The table of a user's tokens: what each may do, how it stands, when it was used, and its actions. */
import { type Html, html } from './html.ts'

/** What the table shows of a token. */
export interface ListedToken {
  readonly id: string
  readonly name: string | null
  readonly scopes: readonly string[]
  readonly hint: string
  readonly status: 'active' | 'inactive' | 'revoked' | 'expired'
  readonly statusReason: string | null
  readonly createdAt: Date
  readonly expiresAt: Date | null
  readonly lastUsedAt: Date | null
  readonly idleExpiresAt: Date | null
}

/** The table, or a sentence when there is nothing to show. */
export function tokenTable(tokens: readonly ListedToken[]): Html {
  if (tokens.length === 0) return html`<p class="empty">No tokens yet. Generate the first one above.</p>`
  return html`<div class="scroll"><table>
    <thead><tr>
      <th scope="col">Name</th><th scope="col">Scopes</th><th scope="col">Status</th>
      <th scope="col">Last used</th><th scope="col">Goes idle</th><th scope="col">Expires</th>
      <th scope="col"><span class="unseen">Actions</span></th>
    </tr></thead>
    <tbody>${tokens.map(row)}</tbody>
  </table></div>`
}

function row(token: ListedToken): Html {
  const title = titleOf(token)
  const ended = token.status === 'revoked' || token.status === 'expired'
  return html`<tr data-token="${token.id}" data-name="${token.name ?? ''}" data-title="${title}"${ended && html` class="ended"`}>
    <th scope="row">${title} <small>…${token.hint}, since ${day(token.createdAt)}</small></th>
    <td>${token.scopes.length === 0 ? 'none' : token.scopes.map((scope) => html`<code>${scope}</code> `)}</td>
    <td><span class="status ${token.status}">${statusOf(token)}</span></td>
    <td>${moment(token.lastUsedAt, 'never')}</td>
    <td>${ended ? '–' : moment(token.idleExpiresAt, '–')}</td>
    <td>${moment(token.expiresAt, 'never')}</td>
    <td class="actions">${!ended && actions(token, title)}</td>
  </tr>`
}

function actions(token: ListedToken, title: string): Html {
  const isActive = token.status === 'active'
  return html`
    <button type="button" data-action="rename" aria-label="Rename ${title}">Rename</button>
    <button type="button" data-action="${isActive ? 'switch-off' : 'switch-on'}"
      aria-label="Switch ${isActive ? 'off' : 'on'} ${title}">Switch ${isActive ? 'off' : 'on'}</button>
    <button type="button" data-action="revoke" class="danger" aria-label="Revoke ${title}">Revoke</button>`
}

function titleOf({ name, hint }: ListedToken): string {
  return name ?? `Unnamed token …${hint}`
}

function statusOf({ status, statusReason }: ListedToken): string {
  return status === 'inactive' && statusReason === 'idle' ? 'inactive (idle)' : status
}

function moment(at: Date | null, absent: string): Html {
  if (at === null) return html`${absent}`
  return html`<time datetime="${at.toISOString()}" title="${at.toUTCString()}">${day(at)}</time>`
}

function day(at: Date): string {
  return at.toLocaleDateString('en-GB', { day: 'numeric', month: 'short', year: 'numeric', timeZone: 'UTC' })
}
