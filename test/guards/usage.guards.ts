/** The checks of `src/usage/` that hold the promises. */

import type { Guard } from './guard.ts'

export const usageGuards: readonly Guard[] = [
  {
    name: 'promise 6: the sweeper waits two flush intervals more',
    file: 'src/usage/sweeper.ts',
    remove: ' - 2 * flushIntervalMs',
    put: ' - 0 * flushIntervalMs',
    tests: ['test/verification/idleness.test.ts'],
  },
  {
    name: 'promise 6: the first use after a quiet hour is flushed at once',
    file: 'src/usage/usage-recorder.ts',
    remove: 'now - known > QUIET_MS || ',
    put: 'known > Infinity || ',
    tests: ['test/verification/idleness.test.ts'],
  },
  {
    name: 'promise 7: use that could not be written is kept',
    file: 'src/usage/usage-recorder.ts',
    remove: 'this.#putBack(taken)',
    put: '',
    tests: ['test/verification/outage.test.ts'],
  },
  {
    name: 'promise 7: a warm request writes nothing',
    file: 'src/usage/usage-recorder.ts',
    remove: 'addUses(use, startOfDay(now), 1)',
    put: 'addUses(use, startOfDay(now), 1)\n    this.flushInBackground()',
    tests: ['test/verification/cost.test.ts'],
  },
  {
    name: 'promise 6: what was used since the flush is not told of as soon to be idle',
    file: 'src/usage/sweeper.ts',
    remove: 'recorder.lastUsedAt(token.id) <= token.idleFrom',
    put: 'recorder.lastUsedAt(token.id) >= 0',
    tests: ['test/usage/idle-soon.test.ts'],
  },
  {
    name: 'a warning waits for use of other instances',
    file: 'src/usage/sweeper.ts',
    remove: ' - Math.min(2 * flushIntervalMs, Math.floor(idleWarningMs / 2))',
    put: ' - Math.min(0 * flushIntervalMs, Math.floor(idleWarningMs / 2))',
    tests: ['test/usage/idle-soon.test.ts'],
  },
  {
    name: 'no warning is taken where nobody listens',
    file: 'src/usage/sweeper.ts',
    remove: ' || !parts.hearsIdleSoon()',
    put: '',
    tests: ['test/usage/idle-soon.test.ts'],
  },
  {
    name: 'a token is warned of once in an idle spell',
    file: 'src/store/kysely/warn-idle.sql.ts',
    remove: "eb('api_tokens.idle_warned_from', '<>', eb.ref('api_tokens.idle_from')),",
    put: "eb('api_tokens.idle_warned_from', '>', 0),",
    tests: ['test/usage/idle-soon.test.ts', 'test/store/sqlite-token-store.test.ts'],
  },
  {
    name: 'a use before midnight counts for its own day',
    file: 'src/usage/pending-use.ts',
    remove: 'if (use.day !== day && use.count > 0) {',
    put: 'if (use.day > day && use.count > 0) {',
    tests: ['test/usage/usage-by-day.test.ts'],
  },
  {
    name: 'a batch of uses is of one day',
    file: 'src/usage/usage-recorder.ts',
    remove: '.filter((use) => use.day === day)',
    put: '',
    tests: ['test/usage/usage-by-day.test.ts'],
  },
  {
    name: 'counts by day are pruned by their age',
    file: 'src/usage/sweeper.ts',
    remove: 'startOfDay(now - dailyRetentionMs)',
    put: 'startOfDay(dailyRetentionMs - now)',
    tests: ['test/usage/usage-by-day.test.ts'],
  },
  {
    name: 'the sweep is done by one instance at a time',
    file: 'src/usage/one-at-a-time.ts',
    remove: 'if (!(await store.takeLease({ name, holder, ms: LEASE_MS }))) return',
    put: 'await store.takeLease({ name, holder, ms: LEASE_MS })',
    tests: ['test/usage/one-at-a-time.test.ts'],
  },
  {
    name: 'a lease that is held is not taken by another',
    file: 'src/store/kysely/take-lease.sql.ts',
    remove: "eb.or([eb('holder', '=', holder), eb('ends_at', '<=', now)])",
    put: "eb.or([eb('holder', '=', holder), eb('ends_at', '<=', now), eb('holder', '<>', '')])",
    tests: ['test/store/sqlite-token-store.test.ts'],
  },
]
