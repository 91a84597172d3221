/** What host developers use in their own tests, and authors of stores in theirs: `fastify-api-tokens/testing`. */

export { type ManualClock, manualClock } from './manual-clock.ts'
export { type StoreContract, type StoreUnderTest, tokenStoreContract } from './token-store-contract.ts'
