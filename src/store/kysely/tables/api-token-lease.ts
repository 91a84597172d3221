/** The table of leases: a row for each work that one instance does at a time. */

export interface ApiTokenLeaseTable {
  name: string
  /** Who has it, or had it last. */
  holder: string
  /** Until when, in milliseconds by the database's clock. */
  ends_at: number
}
