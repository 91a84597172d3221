/** What happens to tokens, as events for the host's audit. No event holds a credential. */

import { EventEmitter } from 'node:events'
import { InvalidInput } from '../errors.ts'
import type { TokenPatch } from '../store/token-store.ts'
import type { RejectionReason } from '../verification/verification-entry.ts'
import type { ApiToken } from './api-token.ts'

export interface TokenEventMap {
  issued: [event: { readonly token: ApiToken }]
  updated: [event: { readonly token: ApiToken; readonly changes: TokenPatch }]
  /** Also a rotated token, when its successor is first used. */
  revoked: [event: { readonly token: ApiToken }]
  /** `successor` was issued in the place of `token`, which works on until its `expiresAt` or the successor's use. */
  rotated: [event: { readonly token: ApiToken; readonly successor: ApiToken }]
  /** The sweeper found that it will be idle at its `idleExpiresAt` unless it is used: told once in a spell without use. */
  'idle-warning': [event: { readonly token: ApiToken }]
  /** The sweeper found it unused for too long. */
  idle: [event: { readonly token: ApiToken }]
  /** A credential was refused. `tokenId` is `null` for a forgery, whose claims are nobody's word. */
  rejected: [event: { readonly reason: RejectionReason; readonly tokenId: string | null }]
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
}

/** Events of every emitter; `on` and `once` of `node:events` listen to `error`, too. */
const OF_EMITTERS: readonly unknown[] = ['error', 'newListener', 'removeListener']

/** Subscribe with `on`; an unknown name throws `FST_ERR_VALIDATION`. What a listener throws is logged, and harms nothing else. */
export interface TokenEvents {
  on<Name extends TokenEventName>(name: Name, listener: (...event: TokenEventMap[Name]) => void): this
  once<Name extends TokenEventName>(name: Name, listener: (...event: TokenEventMap[Name]) => void): this
  off<Name extends TokenEventName>(name: Name, listener: (...event: TokenEventMap[Name]) => void): this
}

export interface TokenEventEmitter extends TokenEvents {
  /** Tells every listener. By then the matter is settled: an error of theirs must not undo the answer. */
  emitSafely<Name extends TokenEventName>(name: Name, ...event: TokenEventMap[Name]): void
  listenerCount(name: TokenEventName): number
}

export function createTokenEvents(onListenerFailed: (error: unknown) => void): TokenEventEmitter {
  return new CheckedEmitter(onListenerFailed)
}

/** Not exported: the types of `EventEmitter` differ between versions of `@types/node`, and hosts compile what is exported. */
class CheckedEmitter extends EventEmitter<TokenEventMap> implements TokenEventEmitter {
  readonly #onListenerFailed: (error: unknown) => void

  constructor(onListenerFailed: (error: unknown) => void) {
    super()
    this.#onListenerFailed = onListenerFailed
    // Emitted by each way to add a listener, before it is added.
    EventEmitter.prototype.on.call(this, 'newListener', requireEvent)
  }

  override off(...args: Parameters<EventEmitter<TokenEventMap>['off']>): this {
    requireEvent(args[0])
    return super.off(...args)
  }

  emitSafely<Name extends TokenEventName>(name: Name, ...event: TokenEventMap[Name]): void {
    for (const listener of this.rawListeners(name)) {
      try {
        const told: unknown = Reflect.apply(listener, this, event)
        // A promise of another realm or of a library is one, too.
        if (typeof told === 'object') Promise.resolve(told).catch(this.#onListenerFailed)
      } catch (error) {
        this.#onListenerFailed(error)
      }
    }
  }
}

/** @throws {InvalidInput} For a misspelled name, whose listener would never be called. */
function requireEvent(name: unknown): void {
  if (OF_EMITTERS.includes(name) || (typeof name === 'string' && Object.hasOwn(NAMES, name))) return
  throw new InvalidInput(`there is no event ${String(name)}: the events are ${Object.keys(NAMES).join(', ')}`)
}
