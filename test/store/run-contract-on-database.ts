/** Runs the contract of stores on one database, that is emptied before each test. */

import type { TokenStore } from '../../src/store/token-store.ts'
import { runContract } from './run-contract.ts'

export interface DatabaseUnderTest {
  /** Makes a store on the database; two are made, each with connections of its own. */
  makeStore(): TokenStore
  run(sql: string): Promise<unknown>
}

/** Tables of the schema that hold rows of a store, those that refer to others first. */
const TABLES = ['api_token_devices', 'api_token_leases', 'api_token_usage', 'api_tokens', 'api_token_owners']

export async function runContractOn(name: string, { makeStore, run }: DatabaseUnderTest) {
  const [store, second] = [makeStore(), makeStore()]
  await Promise.all([store.open(), second.open()])
  runContract(name, async () => {
    for (const table of TABLES) await run(`delete from ${table}`)
    return { store, second }
  })
  return { store, close: () => Promise.all([store.close(), second.close()]) }
}
