/** Ends the connections of a test's own user of MariaDB, as a failover or an administrator does. */

import { randomBytes } from 'node:crypto'
import type { Test } from 'tap'
import type { OwnDatabase } from './databases.ts'

export interface KilledConnections {
  /** The address of a user that nobody else is. */
  readonly connectionString: string
  /** Ends every connection of that user, and returns how many there were. */
  kill(): Promise<number>
}

export async function killedConnections(
  t: Test,
  { connectionString, name, run }: OwnDatabase,
): Promise<KilledConnections> {
  const user = `killed_${randomBytes(6).toString('hex')}`
  await run(`create user ${user}@'%'`)
  t.teardown(() => run(`drop user ${user}@'%'`))
  await run(`grant all on ${name}.* to ${user}@'%'`)
  return {
    connectionString: connectionString.replace('//root@', `//${user}@`),
    kill: async () => {
      const rows = await run(`select 1 from information_schema.processlist where user = '${user}'`)
      await run(`kill user ${user}`)
      return rows.length
    },
  }
}
