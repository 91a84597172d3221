/** Why a call failed, in the kinds that the page handles differently. */

import type { MessageName } from '../messages/messages.ts'
import type { Texts } from './texts.ts'

export type FaultKind =
  | 'unreachable'
  | 'outage'
  | 'signed-out'
  | 'not-available'
  | 'deactivated'
  | 'conflict'
  | 'gone'
  /** The host has no such route. */
  | 'no-route'
  | 'refused'

export class Fault extends Error {
  readonly kind: FaultKind
  /** The message of the service. */
  readonly detail: string

  constructor(kind: FaultKind, detail = '', options: ErrorOptions = {}) {
    super(detail || kind, options)
    this.kind = kind
    this.detail = detail
  }
}

const KINDS: Readonly<Record<string, FaultKind>> = {
  FST_API_TOKENS_USER_REQUIRED: 'signed-out',
  FST_API_TOKENS_AUTHENTICATION_DISABLED: 'not-available',
  FST_API_TOKENS_USER_INACTIVE: 'deactivated',
  FST_API_TOKENS_CONFLICT: 'conflict',
  FST_API_TOKENS_NOT_FOUND: 'gone',
}

/** The fault of an error response. */
export function faultOf(status: number, code: string | undefined, message: string): Fault {
  const kind = KINDS[code ?? '']
  if (kind !== undefined) return new Fault(kind, message)
  if (status === 401) return new Fault('signed-out', message)
  if (status === 404) return new Fault('no-route', message)
  if (status === 429 || status >= 500) return new Fault('outage', message)
  return new Fault('refused', message)
}

/** The text for the user. */
export function sayFault({ kind, detail }: Fault, texts: Texts): string {
  return texts.say(MESSAGES[kind], { detail })
}

const MESSAGES: Readonly<Record<FaultKind, MessageName>> = {
  unreachable: 'errorUnreachable',
  outage: 'errorOutage',
  'no-route': 'errorOutage',
  'signed-out': 'errorSignedOut',
  'not-available': 'notAvailableTitle',
  deactivated: 'deactivatedText',
  conflict: 'errorConflict',
  gone: 'errorGone',
  refused: 'errorRefused',
}
