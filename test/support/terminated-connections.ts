/** Ends the connections of a test's own application to PostgreSQL, as a failover or an administrator does. */

import { randomUUID } from 'node:crypto'
import pg from 'pg'
import type { Test } from 'tap'

export interface TerminatedConnections {
  /** The address under the name of an application that nobody else has. */
  readonly connectionString: string
  /** Ends every connection of that name, and returns how many there were. */
  terminate(): Promise<number>
}

export async function terminatedConnections(t: Test, address: string): Promise<TerminatedConnections> {
  const name = randomUUID()
  const admin = new pg.Client({ connectionString: address })
  await admin.connect()
  t.teardown(() => admin.end())
  const url = new URL(address)
  url.searchParams.set('application_name', name)
  return {
    connectionString: url.href.replaceAll('+', '%20'),
    terminate: async () => {
      const { rowCount } = await admin.query(
        'select pg_terminate_backend(pid) from pg_stat_activity where application_name = $1',
        [name],
      )
      return rowCount ?? 0
    },
  }
}
