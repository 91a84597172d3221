/** A pool of `pg` as Kysely's driver takes it: with statements that have a name, and with an end to waiting. */

import type { PostgresPool, PostgresPoolClient } from 'kysely'
import type { ClientConfig } from 'pg'
import { type Patience, within } from '../patience.ts'

/** What is needed of a pool of the package `pg`. */
export interface PgPool {
  /** How it connects, which a pool of `pg` tells: the store listens to NOTIFY on connections of its own. */
  readonly options?: ClientConfig
  connect(): Promise<PgClient>
}

interface PgClient {
  query(config: PgQuery): Promise<PgAnswer>
  release(destroy?: boolean): void
}

interface PgQuery {
  readonly text: string
  readonly values: unknown[]
  readonly name?: string
  readonly query_timeout?: number
}

interface PgAnswer {
  readonly command: string
  readonly rowCount: number | null
  readonly rows: unknown[]
}

export interface PostgresPoolParts extends Patience {
  /** Called when the first statement needs it. */
  readonly pool: () => Promise<PgPool>
  /** Statements that each connection prepares once, by their SQL, with the name that they get. */
  readonly prepared: ReadonlyMap<string, string>
  end(): Promise<void>
}

export async function postgresPool(parts: PostgresPoolParts): Promise<PostgresPool> {
  const pool = await parts.pool()
  return {
    options: {},
    end: () => parts.end(),
    connect: async () => {
      const client = await within(
        parts,
        'a connection to PostgreSQL',
        () => pool.connect(),
        (late) => late.release(),
      )
      return clientOf(client, parts)
    },
  }
}

function clientOf(client: PgClient, { prepared, timeoutMs }: PostgresPoolParts): PostgresPoolClient {
  let answers = true
  const query = async (text: string, values: readonly unknown[]) => {
    const name = prepared.get(text)
    try {
      return await client.query({
        text,
        values: [...values],
        ...(name === undefined ? {} : { name }),
        ...(timeoutMs === null ? {} : { query_timeout: timeoutMs }),
      })
    } catch (error) {
      // A connection that still works on an answer nobody waits for is no use to the next.
      if (error instanceof Error && error.message === 'Query read timeout') answers = false
      throw error
    }
  }
  return {
    // Kysely's type has a second form, for cursors, which no statement here uses.
    query: query as unknown as PostgresPoolClient['query'],
    release: (destroy = false) => client.release(destroy || !answers),
  }
}
