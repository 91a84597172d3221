/** The text format of invalidation messages and heartbeats. */

import type { InvalidationTarget } from '../store/change-feed.ts'

/** An invalidation, or a heartbeat that only its sender evaluates. */
export type Message = { readonly target: InvalidationTarget } | { readonly heartbeat: string }

export function invalidationMessage(target: InvalidationTarget): string {
  return 'tokenId' in target ? `token ${target.tokenId}` : `user ${target.userId}`
}

export function heartbeatMessage(heartbeat: string): string {
  return `heartbeat ${heartbeat}`
}

/** Returns `undefined` for an unknown kind of message: a later version may publish more kinds. */
export function readMessage(text: string): Message | undefined {
  const [, kind, rest = ''] = /^(token|user|heartbeat) (.+)$/su.exec(text) ?? []
  switch (kind) {
    case 'token':
      return { target: { tokenId: rest } }
    case 'user':
      return { target: { userId: rest } }
    case 'heartbeat':
      return { heartbeat: rest }
    default:
      return undefined
  }
}
