/** Creates a PostgreSQL schema for one run of the cluster. */
import { randomBytes } from 'node:crypto'
import pg from 'pg'

export interface OwnSchema {
  readonly name: string
  /** The address of the database, with this schema as the search path. */
  readonly url: string
  drop(): Promise<void>
}

const CONNECT_TIMEOUT_MS = 5_000

/** Creates the schema. The user in `url` needs the right to do so. */
export async function makeOwnSchema(url: string): Promise<OwnSchema> {
  const name = `bodhi_cluster_${randomBytes(4).toString('hex')}`
  await runOnce(url, `create schema ${name}`)
  return { name, url: withSchema(url, name), drop: () => runOnce(url, `drop schema ${name} cascade`) }
}

function withSchema(url: string, name: string): string {
  const own = new URL(url)
  const options = [own.searchParams.get('options'), `-c search_path=${name}`]
  own.searchParams.set('options', options.filter((option) => option !== null).join(' '))
  return own.href.replaceAll('+', '%20') // libpq's form of a blank
}

async function runOnce(connectionString: string, sql: string): Promise<void> {
  const client = new pg.Client({ connectionString, connectionTimeoutMillis: CONNECT_TIMEOUT_MS })
  client.on('error', () => undefined) // what a statement meets, it says itself
  try {
    await client.connect()
    await client.query(sql)
  } finally {
    await client.end()
  }
}
