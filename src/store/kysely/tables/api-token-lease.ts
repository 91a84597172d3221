/**
 * Rows that expire by the database's clock: leases of jobs that one instance runs at a time, assertions and subject tokens
 * that may be used once, and the last usage batch of each writer (named `uses …`; `holder` is the id of the batch).
 */

export interface ApiTokenLeaseTable {
  name: string
  /** The current or last holder; of a usage batch its id. */
  holder: string
  /** In milliseconds by the database's clock. */
  ends_at: number
}
