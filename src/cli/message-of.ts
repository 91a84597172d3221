/** The message of an error and of its causes, without the secrets of a store address. */

import { secretsOf } from '../store/store-address.ts'

/** @param address Its password is not printed. `null` without an address. */
export function messageOf(error: unknown, address: string | null): string {
  const secrets = address === null ? [] : secretsOf(address)
  return secrets.reduce((text, secret) => text.replaceAll(secret, '***'), messagesOf(error).join(': '))
}

function messagesOf(error: unknown): readonly string[] {
  if (!(error instanceof Error)) return error === undefined ? [] : [String(error)]
  // A host name with several addresses fails with an AggregateError: one error per address, and no message of its own.
  const inside = error instanceof AggregateError ? error.errors.flatMap(messagesOf) : messagesOf(error.cause)
  const own = error.message === '' && inside.length === 0 ? error.name : error.message
  return [...new Set([own, ...inside])].filter((message) => message !== '')
}
