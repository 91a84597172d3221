/** The types of the page's messages. */

import type { english } from './english.ts'
import type { Message } from './message.ts'

export type MessageName = keyof typeof english

/** All messages of a language. */
export type Messages = Readonly<Record<MessageName, Message>>

/** Messages that a host replaces. */
export type MessageOverrides = Partial<Messages>
