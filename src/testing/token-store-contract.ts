/** The contract of every `TokenStore`, as tests that run on a real store. New behavior of stores is tested here. */

import { noMore, optionsOf } from '../option-values.ts'
import { administeringTokens } from './store-contract/administering-tokens.ts'
import { authorizingDevices } from './store-contract/authorizing-devices.ts'
import { boundingEnded } from './store-contract/bounding-ended.ts'
import { boundingReads } from './store-contract/bounding-reads.ts'
import { carryingDays } from './store-contract/carrying-days.ts'
import { changingTokens } from './store-contract/changing-tokens.ts'
import { countingDays } from './store-contract/counting-days.ts'
import { endingTokens } from './store-contract/ending-tokens.ts'
import { enforcingAge } from './store-contract/enforcing-age.ts'
import { insertingTokens } from './store-contract/inserting-tokens.ts'
import { knowingTheNewestTime } from './store-contract/knowing-times.ts'
import { limitingTokens } from './store-contract/limiting-tokens.ts'
import { listingTokens } from './store-contract/listing-tokens.ts'
import { namingTokens } from './store-contract/naming-tokens.ts'
import { owningTokens } from './store-contract/owning-tokens.ts'
import { pagingTokens } from './store-contract/paging-tokens.ts'
import { publishingChanges } from './store-contract/publishing-changes.ts'
import { recordingUses } from './store-contract/recording-uses.ts'
import type { StoreTest, StoreUnderTest } from './store-contract/records.ts'
import { rotatingTokens } from './store-contract/rotating-tokens.ts'
import { takingLeases } from './store-contract/taking-leases.ts'
import { warningIdle } from './store-contract/warning-idle.ts'
import { writingAtOnce } from './store-contract/writing-at-once.ts'

export type { StoreUnderTest } from './store-contract/records.ts'

export interface StoreContract {
  /** Declares a test: `test` of `node:test`, or that of another runner. */
  test(title: string, run: () => Promise<void>): unknown
  /** Makes an open, empty store for each test. */
  makeStore(): Promise<StoreUnderTest>
}

/**
 * Declares the tests that every store has to pass: what goes in comes out, each outcome of a change, byte-wise ids,
 * pages, counters that add up, and that two writers at once lose nothing. They throw `AssertionError`s.
 *
 * @example
 * import { test } from 'node:test'
 * import { memoryTokenStore } from 'fastify-api-tokens/memory'
 *
 * const makeStore = async () => {
 *   const store = memoryTokenStore()
 *   await store.open()
 *   return { store, second: store, close: () => store.close() }
 * }
 * tokenStoreContract({ test, makeStore })
 */
export function tokenStoreContract(contract: StoreContract, ...more: never[]): void {
  noMore('tokenStoreContract', more)
  const { test, makeStore } = optionsOf('tokenStoreContract', contract, ['test', 'makeStore'])
  const onStore: StoreTest = (title, run) => {
    test(title, async () => {
      const stores = await makeStore()
      try {
        await run(stores)
      } finally {
        await stores.close?.()
      }
    })
  }
  for (const part of PARTS) part(onStore)
}

const PARTS = [
  insertingTokens,
  changingTokens,
  owningTokens,
  listingTokens,
  pagingTokens,
  boundingReads,
  boundingEnded,
  enforcingAge,
  recordingUses,
  countingDays,
  carryingDays,
  namingTokens,
  rotatingTokens,
  endingTokens,
  warningIdle,
  publishingChanges,
  takingLeases,
  knowingTheNewestTime,
  authorizingDevices,
  administeringTokens,
  limitingTokens,
  writingAtOnce,
]
