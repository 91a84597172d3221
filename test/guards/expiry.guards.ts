/** The checks by which `expiry.enforce: 'all'` ends tokens at the maximum age. */

import type { Guard } from './guard.ts'

const HOST = ['test/host/enforced-expiry.test.ts']
const STORE = ['test/store/sqlite-token-store.test.ts']

export const expiryGuards: readonly Guard[] = [
  {
    name: "expiry: 'all' without max fails the boot",
    file: 'src/lifecycle/expiry-policy.ts',
    remove: "if (enforce === 'all' && maxMs === null) throw",
    put: "if (enforce === 'none' && maxMs === null) throw",
    tests: ['test/host/options.test.ts'],
  },
  {
    name: 'expiry: a token of the maximum age is refused',
    file: 'src/token/status.ts',
    remove: 'maxAgeMs === null ? null : createdAt + maxAgeMs',
    put: 'maxAgeMs === null ? null : createdAt + maxAgeMs + 1',
    tests: HOST,
  },
  {
    name: 'expiry: a cached entry ends at the maximum age',
    file: 'src/verification/verification.ts',
    remove: 'endsAt(token, maxAgeMs) ?? Infinity, idleEnd',
    put: 'endsAt(token, null) ?? Infinity, idleEnd',
    tests: HOST,
  },
  {
    name: 'expiry: a token of the maximum age cannot end itself',
    file: 'src/lifecycle/find-revocable.ts',
    remove: 'maxAgeMs: context.maxAgeMs,',
    put: 'maxAgeMs: null,',
    tests: HOST,
  },
  {
    name: 'expiry: a token of the maximum age is not changed',
    file: 'src/lifecycle/update-token.ts',
    remove: 'idleBefore, maxAgeMs: context.maxAgeMs }',
    put: 'idleBefore }',
    tests: HOST,
  },
  {
    name: 'expiry: lists go by the maximum age',
    file: 'src/lifecycle/list-tokens.ts',
    remove: '    maxAgeMs,\n  }\n',
    put: '  }\n',
    tests: HOST,
  },
  {
    name: 'expiry: the limit of tokens goes by the maximum age',
    file: 'src/lifecycle/ended-tokens.ts',
    remove: '    maxAgeMs: context.maxAgeMs,\n',
    put: '',
    tests: HOST,
  },
  {
    name: 'expiry: no idle warning for a token of the maximum age',
    file: 'src/jobs/sweeper.ts',
    remove: '{ since, before, now, maxAgeMs }',
    put: '{ since, before, now }',
    tests: HOST,
  },
  {
    name: 'expiry: the token of a request has the end that counts',
    file: 'src/verification/verified-token.ts',
    remove: 'const { expiresAt } = entry',
    put: 'const { expiresAt: _ } = entry\n  const expiresAt = null as number | null',
    tests: HOST,
  },
  {
    name: 'expiry: a signal fires at the maximum age',
    file: 'src/verification/verification.ts',
    remove: 'endsAt: token === null ? null : endsAt(token, maxAgeMs),\n      granted',
    put: 'endsAt: token === null ? null : endsAt(token, null),\n      granted',
    tests: HOST,
  },
  {
    name: 'expiry: the store gets the maximum age when it prunes',
    file: 'src/store/store-outage.ts',
    remove: 'store.prune(target, limit)',
    put: "store.prune(target.rows === 'tokens' ? { ...target, maxAgeMs: null } : target, limit)",
    tests: HOST,
  },
  {
    name: 'expiry: introspection says when the token ends',
    file: 'src/oauth/introspect-token.ts',
    remove: 'claimsOf({ id, userId, createdAt, expiresAt, scopes: granted }, audience)',
    put: 'claimsOf({ id, userId, createdAt, expiresAt: expiresAt === 0 ? 0 : null, scopes: granted }, audience)',
    tests: HOST,
  },
  {
    name: 'expiry: the statements of a store refuse the maximum age',
    file: 'src/store/kysely/queries/token-status.ts',
    remove: '    ...isYoung(eb, aged),\n',
    put: '',
    tests: STORE,
  },
  {
    name: 'expiry: counts that were made under another maximum age are made again',
    file: 'src/store/kysely/queries/owner-counts.ts',
    remove: 'counts === null || counts.maxAgeMs !== moment.maxAgeMs',
    put: 'counts === null',
    tests: STORE,
  },
  {
    name: 'expiry: a token that was counted as ended by its age is not subtracted again',
    file: 'src/store/kysely/queries/owner-counts.ts',
    remove: '    .where((eb) => eb.and(isYoung(eb, agedBy(traits, recountedAt, maxAgeMs))))\n',
    put: '    .where((eb) => eb.and(isYoung(eb, agedBy(traits, recountedAt, null))))\n',
    tests: STORE,
  },
  {
    name: 'expiry: a token that was used after the maximum age is not deleted as if it had ended before',
    file: 'src/store/kysely/queries/maximum-age.ts',
    remove: '      .where((eb) => beganBefore(eb as unknown as Tokens, before))\n',
    put: '',
    tests: STORE,
  },
  {
    name: 'expiry: a token that was changed after the maximum age is not deleted as if it had ended before',
    file: 'src/store/kysely/queries/maximum-age.ts',
    remove: "      .where('api_tokens.updated_at', '<', before)\n",
    put: '',
    tests: STORE,
  },
  {
    name: 'expiry: tokens of the maximum age go as other ended ones do',
    file: 'src/store/kysely/queries/make-room.ts',
    remove: 'new Set([...oldest, ...aged.map(({ text }) => idFromText(text))])',
    put: 'new Set(aged.length > 0 ? oldest : [])',
    tests: STORE,
  },
]
