/** The checks of `src/token/` that hold the promises. */

import type { Guard } from './guard.ts'

export const tokenGuards: readonly Guard[] = [
  {
    name: 'promise 3: iss is the issuer',
    file: 'src/token/claims.ts',
    remove: 'iss !== expected.issuer || ',
    put: '',
    tests: ['test/http/forged-credentials.test.ts'],
  },
  {
    name: 'promise 3: aud is the audience',
    file: 'src/token/claims.ts',
    remove: ' || aud !== expected.audience',
    put: '',
    tests: ['test/http/forged-credentials.test.ts'],
  },
  {
    name: 'promise 3: jti is a UUIDv7',
    file: 'src/token/claims.ts',
    remove: "if (typeof jti !== 'string' || !isTokenId(jti)) return undefined",
    put: "if (typeof jti !== 'string') return undefined",
    tests: ['test/http/forged-credentials.test.ts'],
  },
  {
    name: 'promise 3: iat is at most 60 s ahead',
    file: 'src/token/claims.ts',
    remove: ' || iat * 1000 > now + MAX_CLOCK_SKEW_MS',
    put: '',
    tests: ['test/http/forged-credentials.test.ts'],
  },
  {
    name: 'promise 6: idleness is judged at verification',
    file: 'src/token/status.ts',
    remove: 'if (isIdle(token, moment)) return IDLE',
    put: '',
    tests: ['test/verification/idleness.test.ts'],
  },
  {
    name: 'promise 6: at exactly the timeout a token still works',
    file: 'src/token/status.ts',
    remove: 'return end !== null && now > end',
    put: 'return end !== null && now >= end',
    tests: ['test/verification/idleness.test.ts'],
  },
  {
    name: 'promise 8: scopes shrink with the owner',
    file: 'src/token/scope.ts',
    remove: 'return owned === undefined ? granted : granted.filter((scope) => owned.includes(scope))',
    put: 'return owned === granted ? granted : granted',
    tests: ['test/verification/find-user.test.ts'],
  },
  {
    name: 'promise 9: a removed owner has no working token, also when the id returns',
    file: 'src/token/status.ts',
    remove: 'if (owner !== null && token.generation < owner.generation) return USER_REMOVED',
    put: '',
    tests: ['test/verification/races.test.ts'],
  },
  {
    name: 'promise 14: a name is not blank',
    file: 'src/token/text.ts',
    remove: "if (text.trim() === '') return 'must not be blank'",
    put: '',
    tests: ['test/http/strict-bodies.test.ts'],
  },
  {
    name: 'promise 14: a name has no lone surrogates',
    file: 'src/token/text.ts',
    remove: "if (!text.isWellFormed()) return 'must not contain lone surrogates'",
    put: '',
    tests: ['test/http/strict-bodies.test.ts'],
  },
  {
    name: 'a rotated token is revoked at the end of its grace',
    file: 'src/token/status.ts',
    remove: 'if (token.graceEndsAt !== null && moment.now >= token.graceEndsAt) return ROTATED',
    put: '',
    tests: ['test/http/rotate-token.test.ts'],
  },
  {
    name: 'promise 11: an entry lives no longer than the grace',
    file: 'src/token/status.ts',
    remove: 'return Math.min(expiresAt, graceEndsAt)',
    put: 'return Math.max(expiresAt, graceEndsAt)',
    tests: ['test/http/rotate-token.test.ts'],
  },
]
