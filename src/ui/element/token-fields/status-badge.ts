/** The status of a token and its reason. */

import { html, nothing, type TemplateResult } from 'lit'
import type { MessageName } from '../../messages/messages.ts'
import * as icons from '../styles/icons.ts'
import type { Texts } from '../texts.ts'
import { isIdleWarning, type Token, unusedDays } from '../token.ts'

/** By the status reason. */
const WHY_REVOKED: ReadonlyMap<string | null, MessageName> = new Map([
  ['rotated', 'wasRotated'],
  ['user_removed', 'wasUserRemoved'],
  ['provider_ended', 'wasProviderEnded'],
  ['not_delivered', 'wasNotDelivered'],
  ['leaked', 'wasLeaked'],
  ['unused', 'wasUnused'],
  ['replaced', 'wasReplaced'],
])

export function statusBadge(token: Token, texts: Texts): TemplateResult {
  const { status } = token
  return html`<span class="badge ${status}">${texts.say(wasRotated(token) ? 'rotated' : status)}</span>`
}

/** Why a token is not active, or when it will become inactive; empty for other active tokens. */
export function statusReason(token: Token, texts: Texts, now: number): unknown {
  if (isIdleWarning(token, now) && token.idle_expires_at !== null) {
    return html`<span class="warning-text soon">${icons.clock}${idleWarningText(token.idle_expires_at, token, texts, now)}</span>`
  }
  const reason = reasonText(token, texts)
  return reason === undefined ? nothing : html`<span class="muted reason">${reason}</span>`
}

/** With an idle timeout of hours the time of day is shown instead of days. */
function idleWarningText(end: string, token: Token, texts: Texts, now: number): string {
  const count = unusedDays(token, now)
  if (count === 0) return texts.say('idleToday', { date: texts.moment(end) })
  return texts.say('idleWarning', { count, date: texts.day(end) })
}

function wasRotated(token: Token): boolean {
  return token.status === 'revoked' && token.status_reason === 'rotated'
}

function reasonText(token: Token, texts: Texts): string | undefined {
  switch (token.status) {
    case 'active':
      return token.expires_at === null
        ? undefined
        : `${texts.say('expires')} ${texts.moment(token.expires_at)}`
    case 'inactive':
      if (token.status_reason !== 'idle') return texts.say('wasDisabled')
      return token.last_used_at === null
        ? texts.say('neverUsedIdle', { date: texts.day(token.created_at) })
        : texts.say('wasIdle', { date: texts.day(token.last_used_at) })
    case 'revoked':
      return texts.say(WHY_REVOKED.get(token.status_reason) ?? 'wasRevoked')
    case 'expired':
      return texts.say('hasExpired', { date: token.expires_at === null ? '' : texts.day(token.expires_at) })
  }
}
