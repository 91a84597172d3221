/** What host developers use in their own tests: `fastify-api-tokens/testing`. */

export { type ManualClock, manualClock } from './manual-clock.ts'
