/** The types of the pages' messages. */

import type { adminEnglish } from './admin-english.ts'
import type { english } from './english.ts'
import type { Message } from './message.ts'

export type MessageName = keyof typeof english

/** All messages of a language. */
export type Messages = Readonly<Record<MessageName, Message>>

/** Messages that a host replaces. */
export type MessageOverrides = Partial<Messages>

/** The messages that the administration page adds to those of the API Tokens page, or says otherwise. */
export type AdminMessages = Readonly<Record<keyof typeof adminEnglish, Message>>

export type AdminMessageName = MessageName | keyof typeof adminEnglish

/** Messages of the administration page that a host replaces. */
export type AdminMessageOverrides = Readonly<Partial<Record<AdminMessageName, Message>>>
