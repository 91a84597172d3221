/** What is kept of the client that used a token last: it may be anybody's text, and must fit every database. */

import type { LastClient } from '../token/token.ts'

const MAX_IP_LENGTH = 64
const MAX_USER_AGENT_LENGTH = 255

const CONTROL = /\p{Cc}/gu

/** The client without control characters and at its column's length. */
export function writable({ ip, userAgent }: LastClient): LastClient {
  return {
    ip: cut(ip, MAX_IP_LENGTH),
    userAgent: userAgent === null ? null : cut(userAgent, MAX_USER_AGENT_LENGTH),
  }
}

function cut(text: string, length: number): string {
  return text.replace(CONTROL, ' ').slice(0, length).toWellFormed()
}
