/** A process of its own that holds the write lock of an SQLite file for some milliseconds: `file ms`. */

import Database from 'better-sqlite3'

const [, , filename, ms] = process.argv
const database = new Database(filename)
database.exec('begin immediate')
process.stdout.write('held\n')
setTimeout(() => {
  database.exec('commit')
  database.close()
}, Number(ms))
