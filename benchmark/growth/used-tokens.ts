/** The tokens that a measurement uses: their numbers, the seals of their rows and their credentials. */

import { randomBytes } from 'node:crypto'
import { derivedSecret } from '../../src/keys/derived-secret.ts'
import { ROW_SEAL, sealOf } from '../../src/keys/row-seal.ts'
import { claimsOf } from '../../src/token/claims.ts'
import { NO_LIMITS } from '../../src/token/token.ts'
import { hmac } from '../../test/support/forge.ts'
import { idOf, MADE_AT, ownerOf } from './rows.ts'

export const USED = 10_000

const SECRET = randomBytes(32)
const AUDIENCE = { issuer: 'fastify-api-tokens', audience: 'fastify-api-tokens' }

/** The key of all tokens. */
export const GROWTH_KEY = {
  kty: 'oct',
  kid: 'growth',
  alg: 'HS256',
  k: SECRET.toString('base64url'),
} as const

/** Token numbers spread over the whole table in mixed order. The prime stride repeats none. */
export function usedNumbers(size: number): readonly number[] {
  return Array.from({ length: USED }, (_, n) => (Math.floor((n * size) / USED) * 104_729) % size)
}

/** The seals of their rows, by the number of the token. */
export function sealsOf(size: number): readonly (readonly [n: number, seal: string])[] {
  const subkey = derivedSecret({ privateHalf: SECRET } as never, ROW_SEAL)
  if (subkey === undefined) throw new Error('the key has no private half')
  return usedNumbers(size).map((n) => [n, sealOf(subkey, tokenOf(n, size))])
}

export function credentialOf(n: number, size: number): string {
  const header = { alg: 'HS256', typ: 'api-token+jwt', kid: GROWTH_KEY.kid }
  return hmac(SECRET, header, { ...claimsOf(tokenOf(n, size), AUDIENCE, undefined) })
}

function tokenOf(n: number, size: number) {
  return {
    ...{ id: idOf(n), userId: ownerOf(n, size), kid: GROWTH_KEY.kid, form: 'jwt' as const },
    ...{ createdAt: MADE_AT, expiresAt: null, scopes: ['chat:read', 'chat:write'], ...NO_LIMITS },
  }
}
