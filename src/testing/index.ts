/** What host developers use in their own tests, and authors of stores in theirs: `fastify-api-tokens/testing`. */

export { actingAs, type TestedApp } from './acting-as.ts'
export { type ApiTokensForTestsOptions, apiTokensForTests } from './api-tokens-for-tests.ts'
export { type ManualClock, manualClock } from './manual-clock.ts'
export { type StoreContract, type StoreUnderTest, tokenStoreContract } from './token-store-contract.ts'
