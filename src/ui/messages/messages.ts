/** The page's table of messages, whole and in part. */

import type { english } from './english.ts'
import type { Message } from './message.ts'

export type MessageName = keyof typeof english

/** A whole language. */
export type Messages = Readonly<Record<MessageName, Message>>

/** What a host says in its own words; the rest stays as it is. */
export type MessageOverrides = Partial<Messages>
