/** A separate process that holds a lock of an SQLite file for some milliseconds: `file ms [immediate | exclusive]`. */

import Database from 'better-sqlite3'

const [, , filename, ms, mode = 'immediate'] = process.argv
const database = new Database(filename)
// In WAL mode readers go on beside a writer, but not beside a connection that has the file to itself.
const journal = database.pragma('journal_mode', { simple: true })
if (mode === 'exclusive' && journal === 'wal') database.pragma('locking_mode = EXCLUSIVE')
database.exec(`begin ${mode}`)
process.stdout.write('held\n')
setTimeout(() => {
  database.exec('commit')
  database.close()
}, Number(ms))
