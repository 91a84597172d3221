/** What happens to tokens, as events for the host's audit. No event holds a credential. */

import { EventEmitter } from 'node:events'
import type { TokenChanges } from '../store/token-store.ts'
import type { Refusal } from '../verification/verification-entry.ts'
import type { ApiToken } from './api-token.ts'

export interface TokenEventMap {
  issued: [event: { readonly token: ApiToken }]
  updated: [event: { readonly token: ApiToken; readonly changes: TokenChanges }]
  /** Also a rotated token, when its successor is first used. */
  revoked: [event: { readonly token: ApiToken }]
  /** `successor` was issued in the place of `token`, which works on until its `expiresAt` or the successor's use. */
  rotated: [event: { readonly token: ApiToken; readonly successor: ApiToken }]
  /** The sweeper found that it will be idle at its `idleExpiresAt` unless it is used: told once in a spell without use. */
  'idle-soon': [event: { readonly token: ApiToken }]
  /** The sweeper found it unused for too long. */
  idle: [event: { readonly token: ApiToken }]
  /** A credential was refused. `tokenId` is `null` for a forgery, whose claims are nobody's word. */
  rejected: [event: { readonly reason: Refusal; readonly tokenId: string | null }]
}

export type TokenEventName = keyof TokenEventMap

/** Subscribe with `on`; what a listener throws is logged, and harms nothing else. */
export interface TokenEvents {
  on<Name extends TokenEventName>(name: Name, listener: (...event: TokenEventMap[Name]) => void): this
  once<Name extends TokenEventName>(name: Name, listener: (...event: TokenEventMap[Name]) => void): this
  off<Name extends TokenEventName>(name: Name, listener: (...event: TokenEventMap[Name]) => void): this
}

export class TokenEventEmitter extends EventEmitter<TokenEventMap> implements TokenEvents {
  readonly #onListenerFailed: (error: unknown) => void

  constructor(onListenerFailed: (error: unknown) => void) {
    super()
    this.#onListenerFailed = onListenerFailed
  }

  /** Tells every listener. By then the matter is settled: an error of theirs must not undo the answer. */
  tell<Name extends TokenEventName>(name: Name, ...event: TokenEventMap[Name]): void {
    for (const listener of this.rawListeners(name)) {
      try {
        const told: unknown = Reflect.apply(listener, this, event)
        if (told instanceof Promise) told.catch(this.#onListenerFailed)
      } catch (error) {
        this.#onListenerFailed(error)
      }
    }
  }
}
