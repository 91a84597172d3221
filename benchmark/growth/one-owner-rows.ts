/** The rows of one owner with very many tokens. Half of them are revoked. */

import type { SqlDatabase } from '../../test/support/sql-databases.ts'

const SPELLINGS = {
  SQLite: {
    numbers: (size: number) =>
      `(with recursive numbers(n) as (select 0 union all select n + 1 from numbers where n < ${size - 1}) select n from numbers)`,
    id: "unhex('019b7500000070008000' || printf('%012x', n))",
    name: "'token ' || (n % 1000)",
    made: '1767225600000',
  },
  PostgreSQL: {
    numbers: (size: number) => `(select n from generate_series(0, ${size - 1}) as n)`,
    id: "('019b7500-0000-7000-8000-' || lpad(to_hex(n), 12, '0'))::uuid",
    name: "'token ' || (n % 1000)",
    made: "timestamptz '2026-01-01 00:00:00Z'",
  },
  MariaDB: {
    numbers: (size: number) => `(select seq as n from seq_0_to_${size - 1})`,
    id: "unhex(concat('019b7500000070008000', lpad(hex(n), 12, '0')))",
    name: "concat('token ', n mod 1000)",
    made: "timestamp '2026-01-01 00:00:00'",
  },
} as const

/** The statements that insert the rows. Revoked tokens were revoked at their creation. */
export function oneOwnerRows(database: SqlDatabase['name'], size: number): readonly string[] {
  const { numbers, id, name, made } = SPELLINGS[database]
  const ended = 'n % 2 = 1'
  return [
    "insert into api_token_owners (user_id, status, generation) values ('ada', 'active', 1)",
    `insert into api_tokens (id, user_id, generation, name, description, scopes, status, hint, kid, form,
      seal, created_by_kind, created_at, updated_at,
      idle_from, idle_day, use_count, revoked_at)
      select ${id}, 'ada', 1, ${name}, ${name}, 'chat:read', case when ${ended} then 'revoked' else 'active' end, 'wxyz',
        'kid', 'jwt', '-', 'user', ${made}, ${made}, ${made}, 20454, 0, case when ${ended} then ${made} end from ${numbers(size)} as numbers`,
    ...(database === 'SQLite' ? ['analyze'] : []),
    ...(database === 'PostgreSQL' ? ['analyze api_tokens'] : []),
    ...(database === 'MariaDB' ? ['analyze table api_tokens'] : []),
  ]
}
