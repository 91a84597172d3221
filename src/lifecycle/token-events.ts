/** Events about tokens, for the host's audit log. No event contains a credential. */

import { EventEmitter } from 'node:events'
import { InvalidInput } from '../errors.ts'
import type { Actor } from '../token/actor.ts'
import type { StatusReason } from '../token/token.ts'
import type { RejectionReason } from '../verification/verification-entry.ts'
import type { ApiToken } from './api-token.ts'
import type { TokenUpdate } from './token-update.ts'

/** The members of every event: when, who and why. */
interface Caused<Reason = null> {
  readonly at: Date
  readonly by: Actor
  readonly reason: Reason
}

/** Every event has `at`, `by` and `reason`, which is `null` where there is only one. */
export interface TokenEventMap {
  issued: [event: Caused & { readonly token: ApiToken }]
  updated: [event: Caused & { readonly token: ApiToken; readonly changes: TokenUpdate }]
  /** Also emitted for a rotated token at the first use of its successor. */
  revoked: [event: Caused<StatusReason | null> & { readonly token: ApiToken }]
  /** `successor` replaces `token`, which stays valid until its `expiresAt` or the first use of `successor`. */
  rotated: [event: Caused & { readonly token: ApiToken; readonly successor: ApiToken }]
  /** Unless it is used, the token becomes idle at its `idleExpiresAt`. Emitted once per idle period, on one instance. */
  'idle-warning': [event: Caused<'idle'> & { readonly token: ApiToken }]
  /** The token was unused for longer than `idleTimeout`. Emitted by the sweeper. */
  idle: [event: Caused<'idle'> & { readonly token: ApiToken }]
  /** A credential was refused. Both ids are `null` for an invalid signature, whose claims cannot be trusted. */
  rejected: [
    event: Caused<RejectionReason> & { readonly tokenId: string | null; readonly userId: string | null },
  ]
  /** Emitted by each successful call, also if the user was deactivated before. */
  'user-deactivated': [event: Caused & { readonly userId: string }]
  'user-reactivated': [event: Caused & { readonly userId: string }]
  /** All tokens of the user are revoked. No `revoked` is emitted for each of them. */
  'user-removed': [event: Caused & { readonly userId: string }]
  /** `revokeAll`: all present tokens of the user are revoked, and the user stays. No `revoked` is emitted for each of them. */
  'user-tokens-revoked': [event: Caused<StatusReason | null> & { readonly userId: string }]
}

export type TokenEventName = keyof TokenEventMap

const NAMES: Readonly<Record<TokenEventName, true>> = {
  issued: true,
  updated: true,
  revoked: true,
  rotated: true,
  'idle-warning': true,
  idle: true,
  rejected: true,
  'user-deactivated': true,
  'user-reactivated': true,
  'user-removed': true,
  'user-tokens-revoked': true,
}

/** Events of every `EventEmitter`. `on` and `once` of `node:events` add a listener of `error`, too. */
const OF_EMITTERS: readonly unknown[] = ['error', 'newListener', 'removeListener']

/** An unknown event name throws `FST_ERR_VALIDATION`. Errors of listeners are logged. */
export interface TokenEvents {
  on<Name extends TokenEventName>(name: Name, listener: (...event: TokenEventMap[Name]) => void): this
  once<Name extends TokenEventName>(name: Name, listener: (...event: TokenEventMap[Name]) => void): this
  off<Name extends TokenEventName>(name: Name, listener: (...event: TokenEventMap[Name]) => void): this
}

export interface TokenEventEmitter extends TokenEvents {
  /** Calls every listener. Their errors are reported, so that they cannot fail the operation, which is already done. */
  emitSafely<Name extends TokenEventName>(name: Name, ...event: TokenEventMap[Name]): void
  listenerCount(name: TokenEventName): number
}

export function createTokenEvents(onListenerFailed: (error: unknown) => void): TokenEventEmitter {
  return new CheckedEmitter(onListenerFailed)
}

/** Not exported, because the types of `EventEmitter` differ between versions of `@types/node`. */
class CheckedEmitter extends EventEmitter<TokenEventMap> implements TokenEventEmitter {
  readonly #onListenerFailed: (error: unknown) => void

  constructor(onListenerFailed: (error: unknown) => void) {
    super()
    this.#onListenerFailed = onListenerFailed
    // Every method that adds a listener emits `newListener` first.
    EventEmitter.prototype.on.call(this, 'newListener', requireEvent)
  }

  override off(...args: Parameters<EventEmitter<TokenEventMap>['off']>): this {
    requireEvent(args[0])
    return super.off(...args)
  }

  emitSafely<Name extends TokenEventName>(name: Name, ...event: TokenEventMap[Name]): void {
    for (const listener of this.rawListeners(name)) {
      try {
        const result: unknown = Reflect.apply(listener, this, event)
        // Covers promises of other realms and of libraries.
        if (typeof result === 'object') Promise.resolve(result).catch(this.#onListenerFailed)
      } catch (error) {
        this.#onListenerFailed(error)
      }
    }
  }
}

/** @throws {InvalidInput} For an unknown event name: its listener would never be called. */
function requireEvent(name: unknown): void {
  if (OF_EMITTERS.includes(name) || (typeof name === 'string' && Object.hasOwn(NAMES, name))) return
  throw new InvalidInput(`there is no event ${String(name)}: the events are ${Object.keys(NAMES).join(', ')}`)
}
