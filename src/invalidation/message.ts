/** What instances tell each other, as the text that a carrier carries. */

import type { InvalidationTarget } from '../store/change-feed.ts'

/** News of a change, or a heartbeat that its sender waits for. */
export type Message = { readonly subject: InvalidationTarget } | { readonly beat: string }

export function invalidationMessage(subject: InvalidationTarget): string {
  return 'tokenId' in subject ? `token ${subject.tokenId}` : `user ${subject.userId}`
}

export function heartbeatMessage(beat: string): string {
  return `beat ${beat}`
}

/** Nothing for a text of another kind: a later version may send more. */
export function readMessage(text: string): Message | undefined {
  const [, kind, rest = ''] = /^(token|user|beat) (.+)$/su.exec(text) ?? []
  switch (kind) {
    case 'token':
      return { subject: { tokenId: rest } }
    case 'user':
      return { subject: { userId: rest } }
    case 'beat':
      return { beat: rest }
    default:
      return undefined
  }
}
