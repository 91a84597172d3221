/** The schema of an earlier version: the steps until the given one, as the command itself prints them. */

import { runCommand } from './command.ts'
import type { SqlDatabase } from './sql-databases.ts'

/** Empties the database and runs every step before that one. */
export async function makeOlderSchema(
  { address, run, empty }: SqlDatabase,
  firstMissing: string,
): Promise<void> {
  await empty()
  const { lines } = await runCommand(['migrate', '--dry-run', '--store', address])
  const end = lines.indexOf(`-- ${firstMissing}`)
  if (end < 0) throw new Error(`there is no step ${firstMissing}`)
  for (const line of lines.slice(0, end)) if (!line.startsWith('--')) await run(line.slice(0, -1))
}
