/** The table of leases: a row for each job that one instance runs at a time. */

export interface ApiTokenLeaseTable {
  name: string
  /** The current or last holder. */
  holder: string
  /** In milliseconds by the database's clock. */
  ends_at: number
}
