/** Cleans the stored data of a token's last client, which may be any text, so that it fits every database. */

import type { LastClient } from '../token/token.ts'

const MAX_IP_LENGTH = 64
const MAX_USER_AGENT_LENGTH = 255

const CONTROL = /\p{Cc}/gu

/** The client without control characters, cut to the lengths of the columns. */
export function writable({ ip, userAgent }: LastClient): LastClient {
  return {
    ip: cut(ip, MAX_IP_LENGTH),
    userAgent: userAgent === null ? null : cut(userAgent, MAX_USER_AGENT_LENGTH),
  }
}

function cut(text: string, length: number): string {
  return text.replace(CONTROL, ' ').slice(0, length).toWellFormed()
}
