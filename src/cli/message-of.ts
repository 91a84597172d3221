/** What an error says, with the errors behind it and without the secrets of an address. */

import { secretsOf } from '../store/store-address.ts'

export function messageOf(error: unknown, address: string): string {
  return secretsOf(address).reduce(
    (text, secret) => text.replaceAll(secret, '***'),
    messagesOf(error).join(': '),
  )
}

function messagesOf(error: unknown): readonly string[] {
  if (!(error instanceof Error)) return error === undefined ? [] : [String(error)]
  // Of the several addresses of a name each has its own error, and the whole has no message.
  const inside = error instanceof AggregateError ? error.errors.flatMap(messagesOf) : messagesOf(error.cause)
  const own = error.message === '' && inside.length === 0 ? error.name : error.message
  return [...new Set([own, ...inside])].filter((message) => message !== '')
}
