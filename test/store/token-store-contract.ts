/** The contract of every `TokenStore`, as tests that run on a real one. A new behaviour of stores goes in here. */

import t from 'tap'
import { changingTokens } from './contract/changing-tokens.ts'
import { endingTokens } from './contract/ending-tokens.ts'
import { insertingTokens } from './contract/inserting-tokens.ts'
import { listingTokens } from './contract/listing-tokens.ts'
import { owningTokens } from './contract/owning-tokens.ts'
import { pagingTokens } from './contract/paging-tokens.ts'
import { recordingUses } from './contract/recording-uses.ts'
import type { MakeStore } from './contract/records.ts'
import { rotatingTokens } from './contract/rotating-tokens.ts'

/**
 * Runs the contract on a store.
 *
 * @example tokenStoreContract('the memory store', async () => ({ store, second: store }))
 */
export function tokenStoreContract(name: string, makeStore: MakeStore): void {
  t.test(`${name} inserts tokens`, async (t) => insertingTokens(t, makeStore))
  t.test(`${name} changes tokens`, async (t) => changingTokens(t, makeStore))
  t.test(`${name} keeps owners`, async (t) => owningTokens(t, makeStore))
  t.test(`${name} lists tokens`, async (t) => listingTokens(t, makeStore))
  t.test(`${name} pages tokens`, async (t) => pagingTokens(t, makeStore))
  t.test(`${name} records uses`, async (t) => recordingUses(t, makeStore))
  t.test(`${name} rotates tokens`, async (t) => rotatingTokens(t, makeStore))
  t.test(`${name} marks idle tokens and prunes ended ones`, async (t) => endingTokens(t, makeStore))
}
