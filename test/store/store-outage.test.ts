/** Errors of a store after boot are 503 or 500, with the driver's error as cause for the log. */

import { setImmediate as nextTurn } from 'node:timers/promises'
import t from 'tap'
import { InvalidOption } from '../../src/errors.ts'
import { devicesOf } from '../../src/store/devices-of.ts'
import { findToken } from '../../src/store/find-token.ts'
import { isPermanentInSqlite } from '../../src/store/kysely/dialects/sqlite/sqlite-errors.ts'
import { memoryTokenStore } from '../../src/store/memory/memory-token-store.ts'
import { withOutages } from '../../src/store/store-outage.ts'
import type { TokenStore } from '../../src/store/token-store.ts'
import { daysFrom, draft, id, MANY_ENDED, NOW, query } from '../../src/testing/store-contract/records.ts'
import { countingStore } from '../support/counting-store.ts'

const SCOPE = { now: NOW, idleBefore: null }

const CALLS: Record<string, (store: TokenStore) => Promise<unknown>> = {
  insertToken: (store) => store.insertToken(draft(1), { ...MANY_ENDED, maxTokens: 1, now: NOW }),
  findTokens: (store) => store.findTokens([id(1)]),
  findOwner: (store) => store.findOwner('ada'),
  listTokens: (store) => store.listTokens(query()),
  updateToken: (store) => store.updateToken(id(1), { name: 'new' }, SCOPE),
  revokeToken: (store) => store.revokeToken(id(1), SCOPE),
  rotateToken: (store) =>
    store.rotateToken(id(1), draft(2), { ...MANY_ENDED, now: NOW, graceEndsAt: NOW, replaces: null }),
  endPredecessor: (store) => store.endPredecessor({ successorId: id(2), predecessorId: id(1) }, NOW),
  setOwnerStatus: (store) => store.setOwnerStatus('ada', 'active', NOW),
  listIdleWarnings: (store) => store.listIdleWarnings({ since: NOW, before: NOW, now: NOW }, 1),
  dailyUses: (store) => store.dailyUses(id(1), daysFrom(NOW)),
  acquireLease: (store) => store.acquireLease({ name: 'sweep', holder: 'me', ms: 60_000 }),
  recordUses: (store) =>
    store.recordUses([{ tokenId: id(1), count: 1, lastUsedAt: NOW }], {
      now: NOW,
      dayStart: NOW,
      idleTimeoutMs: null,
    }),
  markIdle: (store) => store.markIdle(NOW, 1),
  releaseLease: (store) => store.releaseLease({ name: 'sweep', holder: 'me' }),
  prune: (store) => store.prune({ rows: 'tokens', endedBefore: NOW }, 1),
}

for (const [method, call] of Object.entries(CALLS)) {
  t.test(`${method}: an error of the driver is a 503 that keeps it as its cause`, async (t) => {
    const bare = countingStore(memoryTokenStore())
    const store = withOutages(bare)
    bare.outage = new Error('SQLITE_IOERR')
    await t.rejects(call(store), {
      code: 'FST_API_TOKENS_STORE_UNAVAILABLE',
      statusCode: 503,
      headers: { 'retry-after': '5' },
      cause: bare.outage,
    })
    t.equal(bare.calls.get(method as keyof TokenStore), 1)
  })
}

t.test(
  'an error that the store calls permanent is a 500 without Retry-After, with its cause kept',
  async (t) => {
    const cause = new Error('the disk is full')
    const bare = memoryTokenStore()
    bare.isPermanent = (error) => error === cause
    bare.findTokens = async () => {
      throw cause
    }
    bare.feed.changesSince = async () => {
      throw cause
    }
    devicesOf(bare).find = async () => {
      throw cause
    }
    const store = withOutages(bare)
    for (const failed of [findToken(store, id(1)), store.feed.changesSince(0), devicesOf(store).find([])]) {
      const error = await failed.catch((thrown: unknown) => thrown)
      t.match(error, { code: 'FST_API_TOKENS_STORE_FAULT', statusCode: 500, cause })
      t.notOk(Object.hasOwn(error as Error, 'headers'), 'no response asks the client to try again')
    }
    bare.findTokens = async () => {
      throw new Error('another')
    }
    await t.rejects(findToken(store, id(1)), { code: 'FST_API_TOKENS_STORE_UNAVAILABLE' })
  },
)

t.test('a wrong setting that is detected after boot is a 500', async (t) => {
  const bare = countingStore(memoryTokenStore())
  bare.outage = new InvalidOption('store: the connection is read-only')
  await t.rejects(findToken(withOutages(bare), id(1)), {
    code: 'FST_API_TOKENS_STORE_FAULT',
    cause: bare.outage,
  })
})

t.test('a wrapper whose every method is async makes no error permanent', async (t) => {
  const bare = memoryTokenStore()
  bare.isPermanent = (async () => true) as unknown as () => boolean
  bare.findTokens = async () => {
    throw new Error('SQLITE_IOERR')
  }
  await t.rejects(findToken(withOutages(bare), id(1)), { code: 'FST_API_TOKENS_STORE_UNAVAILABLE' })
})

t.test('an isPermanent that throws or rejects does not replace the error or end the process', async (t) => {
  const bare = memoryTokenStore()
  const outage = new Error('SQLITE_IOERR')
  bare.findTokens = async () => {
    throw outage
  }
  const refuse = () => {
    throw new Error('the classification failed')
  }
  const rejects = (async () => refuse()) as unknown as () => boolean
  for (const isPermanent of [refuse, rejects]) {
    bare.isPermanent = isPermanent
    await t.rejects(findToken(withOutages(bare), id(1)), {
      code: 'FST_API_TOKENS_STORE_UNAVAILABLE',
      cause: outage,
    })
  }
  await nextTurn()
})

t.test('result codes of SQLite for which a retry helps are outages, the others are faults', async (t) => {
  const outages = [
    'BUSY',
    'BUSY_SNAPSHOT',
    'BUSY_RECOVERY',
    'LOCKED',
    'LOCKED_SHAREDCACHE',
    'PROTOCOL',
    'NOMEM',
  ]
  const faults = [
    'FULL',
    'CORRUPT',
    'NOTADB',
    'READONLY',
    'READONLY_DBMOVED',
    'IOERR',
    'IOERR_WRITE',
    'CANTOPEN',
  ]
  for (const name of outages) t.equal(isPermanentInSqlite(codedError(`SQLITE_${name}`)), false, name)
  for (const name of [...faults, 'ERROR', 'PERM', 'AUTH', 'MISMATCH', 'TOOBIG'])
    t.equal(isPermanentInSqlite(codedError(`SQLITE_${name}`)), true, name)
  t.equal(
    isPermanentInSqlite(new Error('named', { cause: codedError('SQLITE_FULL') })),
    true,
    'a cause counts',
  )
  for (const other of [new TypeError('The database connection is not open'), undefined, 'text'])
    t.equal(isPermanentInSqlite(other), false)
})

t.test('without an error the results of the store are returned', async (t) => {
  const [bare, wrapped] = [memoryTokenStore(), withOutages(memoryTokenStore())]
  for (const [method, call] of Object.entries(CALLS)) t.same(await call(wrapped), await call(bare), method)
})

t.test('at boot the original error is thrown', async (t) => {
  const bare = countingStore(memoryTokenStore())
  const store = withOutages(bare)
  t.equal(store.shared, false)
  await store.open()
  t.equal(await store.isEmpty(), true)
  bare.outage = new Error('no such file')
  await t.rejects(store.open(), bare.outage)
  await t.rejects(store.isEmpty(), bare.outage)
  bare.outage = undefined
  await store.close()
  t.equal(bare.calls.get('close'), 1)
})

function codedError(code: string): Error {
  return Object.assign(new Error('of the driver'), { code })
}
