/** Runs the contract of stores with tap. */

import t from 'tap'
import type { StoreUnderTest } from '../../src/testing/store-contract/records.ts'
import { tokenStoreContract } from '../../src/testing/token-store-contract.ts'

/**
 * Runs the contract on a store.
 *
 * @example runContract('the memory store', async () => ({ store, second: store }))
 */
export function runContract(name: string, makeStore: () => Promise<StoreUnderTest>): void {
  const test = (title: string, run: () => Promise<void>) =>
    t.test(`${name}: ${title}`, async (t) => {
      await run()
      t.pass('it keeps the contract')
    })
  tokenStoreContract({ test, makeStore })
}
