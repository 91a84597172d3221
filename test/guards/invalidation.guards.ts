/** The checks that hold promise 5: other instances follow, within the stated time. */

import type { Guard } from './guard.ts'

const FEED = 'src/invalidation/store-feed.ts'
const CLIENT = 'src/invalidation/pubsub-client.ts'
const FEED_TEST = 'test/invalidation/store-feed.test.ts'
const NOTIFY_TEST = 'test/invalidation/postgres-pubsub.test.ts'
const REDIS_TEST = 'test/invalidation/redis-pubsub.test.ts'

export const invalidationGuards: readonly Guard[] = [
  {
    name: 'promise 5: polls overlap, since commits come out of order',
    file: FEED,
    remove: 'const OVERLAP_MS = 10_000',
    put: 'const OVERLAP_MS = 0',
    tests: [FEED_TEST],
  },
  {
    name: 'promise 5: a change is processed once',
    file: FEED,
    remove: 'if (this.#isProcessed(target, changedAt)) continue',
    put: 'this.#isProcessed(target, changedAt)',
    tests: [FEED_TEST],
  },
  {
    name: 'promise 5: a store that does not respond is unavailable',
    file: FEED,
    remove: 'this.#deps.onUnavailable(error, this.#receivedUntil)',
    put: 'void error',
    tests: [FEED_TEST],
  },
  {
    name: 'promise 5: while the feed is unavailable, no entry is older than maxStaleness',
    file: 'src/verification/verification-cache.ts',
    remove: 'Math.min(entry.deadline, Math.max(until, entry.readAt + lifeMs))',
    put: 'entry.deadline',
    tests: [FEED_TEST],
  },
  {
    name: 'promise 5: without heartbeats the pub/sub is unavailable',
    file: CLIENT,
    remove: 'await Promise.all([connection.publish(heartbeatMessage(sent)), returned.promise])',
    put: 'await Promise.race([connection.publish(heartbeatMessage(sent)), returned.promise, new Promise(setImmediate)])',
    tests: [REDIS_TEST],
  },
  {
    name: 'promise 5: a message only removes',
    file: 'src/invalidation/invalidation-bus.ts',
    remove: 'listener({ target, ended: false })',
    put: 'listener({ target, ended: true })',
    tests: [REDIS_TEST],
  },
  {
    name: 'promise 5: each change of a row has another stamp',
    file: 'src/store/kysely/queries/change-feed.ts',
    remove: '} + 1 else ',
    put: '} else ',
    tests: ['test/store/sqlite-token-store.test.ts'],
  },
  {
    name: 'promise 5: changes are published to the other instances',
    file: 'src/invalidation/invalidation-bus.ts',
    remove: 'this.#publishToOthers(invalidation.target)',
    put: '',
    tests: [REDIS_TEST],
  },
  {
    name: 'promise 5: NOTIFY is sent in the transaction of the change',
    file: 'src/store/kysely/queries/change-feed.ts',
    remove: "withNotify(after, 'user', sql.ref<string>('api_token_owners.user_id'))",
    put: 'after',
    tests: [NOTIFY_TEST],
  },
  {
    name: 'promise 5: a heartbeat of NOTIFY is published and received on two connections',
    file: 'src/store/kysely/dialects/postgres/postgres-pubsub.ts',
    remove: 'await publisher.query(',
    put: 'await subscriber.query(',
    tests: [NOTIFY_TEST],
  },
]
