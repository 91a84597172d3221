/** The checks that hold promise 5: other instances follow, within the bound. */

import type { Guard } from './guard.ts'

const FEED = 'src/invalidation/store-feed.ts'
const LINK = 'src/invalidation/pubsub-client.ts'
const FEED_TEST = 'test/invalidation/store-feed.test.ts'
const NOTIFY_TEST = 'test/invalidation/postgres-pubsub.test.ts'
const REDIS_TEST = 'test/invalidation/redis-pubsub.test.ts'

export const invalidationGuards: readonly Guard[] = [
  {
    name: 'promise 5: looks overlap, since commits come out of order',
    file: FEED,
    remove: 'const OVERLAP_MS = 10_000',
    put: 'const OVERLAP_MS = 0',
    tests: [FEED_TEST],
  },
  {
    name: 'promise 5: what is known is dropped',
    file: FEED,
    remove: 'if (this.#isKnown(subject, changedAt)) continue',
    put: 'this.#isKnown(subject, changedAt)',
    tests: [FEED_TEST],
  },
  {
    name: 'promise 5: a store that is silent is out of reach',
    file: FEED,
    remove: 'this.#parts.onUnavailable(error, this.#receivedUntil)',
    put: 'void error',
    tests: [FEED_TEST],
  },
  {
    name: 'promise 5: while no news is heard, entries live no longer than the bound',
    file: 'src/verification/verification-cache.ts',
    remove: 'Math.min(deadlineOf(entry), Math.max(until, entry.readAt + lifeMs))',
    put: 'deadlineOf(entry)',
    tests: [FEED_TEST],
  },
  {
    name: 'promise 5: a heartbeat that does not return means out of reach',
    file: LINK,
    remove: 'await Promise.all([connection.send(heartbeatMessage(sent)), returned.promise])',
    put: 'await Promise.race([connection.send(heartbeatMessage(sent)), returned.promise, new Promise(setImmediate)])',
    tests: [REDIS_TEST],
  },
  {
    name: 'promise 5: a message only removes',
    file: 'src/invalidation/invalidation-bus.ts',
    remove: 'listener({ subject, ended: false })',
    put: 'listener({ subject, ended: true })',
    tests: [REDIS_TEST],
  },
  {
    name: 'promise 5: each change bears another stamp',
    file: 'src/store/kysely/queries/changed-at.ts',
    remove: '} + 1 else ',
    put: '} else ',
    tests: ['test/store/sqlite-token-store.test.ts'],
  },
  {
    name: 'promise 5: changes are told to the other instances',
    file: 'src/invalidation/invalidation-bus.ts',
    remove: 'this.#publishTo(change.subject)',
    put: '',
    tests: [REDIS_TEST],
  },
  {
    name: 'promise 5: NOTIFY rides in the transaction that changes',
    file: 'src/store/kysely/queries/changed-at.ts',
    remove: "telling(after, 'user', sql.ref<string>('api_token_owners.user_id'))",
    put: 'after',
    tests: [NOTIFY_TEST],
  },
  {
    name: 'promise 5: a heartbeat of NOTIFY goes the way of the news, from one connection to another',
    file: 'src/store/kysely/dialects/postgres/postgres-pubsub.ts',
    remove: 'await sending.query(',
    put: 'await listening.query(',
    tests: [NOTIFY_TEST],
  },
]
