/**
 * The rows of a large table. The tokens of ada are spread among those of owners with 100 tokens each, and the order of
 * the idle times differs from the order of the ids.
 */

import { dayNumberOf } from '../../src/utc-day.ts'

/** The creation time of all tokens: 2026-01-01T00:00:00Z. */
export const MADE_AT = Date.UTC(2026, 0, 1)

/** As long as a seal. */
export const SEAL = `'${'x'.repeat(43)}'`

/** 101 pages of 30 tokens. */
const ADAS_TOKENS = 3_030
/** A prime that divides no table size, so multiples of it permute the tokens. */
const STRIDE = 7_919
const IDLE_MOMENTS = 3_000_000

/** The n-th id: a UUIDv7. */
export function idOf(n: number): string {
  return `019b7500-0000-7000-8000-${n.toString(16).padStart(12, '0')}`
}

export function ownerOf(n: number, size: number): string {
  return n % adasStep(size) === 0 && n / adasStep(size) < ADAS_TOKENS ? 'ada' : `user-${Math.floor(n / 100)}`
}

function adasStep(size: number): number {
  return Math.floor(size / ADAS_TOKENS)
}

export function sqliteRows(size: number, seal = SEAL): readonly string[] {
  return rows(size, seal, {
    numbers: `with recursive numbers(n) as (select 0 union all select n + 1 from numbers where n < ${size - 1})`,
    of: 'numbers',
    id: "unhex('019b7500000070008000' || printf('%012x', n))",
    user: "'user-' || (n / 100)",
    made: String(MADE_AT),
    idleFrom: `${MADE_AT} + ${idleSince(size)}`,
  })
}

export function postgresRows(size: number, seal = SEAL): readonly string[] {
  return rows(size, seal, {
    numbers: '',
    of: `generate_series(0::bigint, ${size - 1}) as n`,
    id: "('019b7500-0000-7000-8000-' || lpad(to_hex(n), 12, '0'))::uuid",
    user: "'user-' || (n / 100)::text",
    made: "timestamptz '2026-01-01 00:00:00Z'",
    idleFrom: `timestamptz '2026-01-01 00:00:00Z' + (${idleSince(size)}) * interval '1 millisecond'`,
  })
}

/** Milliseconds within one hour, because an older last use is written immediately. */
function idleSince(size: number): string {
  return `(n * ${STRIDE} % ${size}) / ${Math.ceil(size / IDLE_MOMENTS)}`
}

export function mariaDbRows(size: number, seal = SEAL): readonly string[] {
  return rows(size, seal, {
    numbers: '',
    of: `(select seq as n from seq_0_to_${size - 1}) as numbers`,
    id: "unhex(concat('019b7500000070008000', lpad(hex(n), 12, '0')))",
    user: "concat('user-', n div 100)",
    made: "timestamp '2026-01-01 00:00:00'",
    idleFrom: `timestamp '2026-01-01 00:00:00' + interval 1000 * (${idleSince(size)}) microsecond`,
  })
}

interface Spelling {
  readonly numbers: string
  readonly of: string
  readonly id: string
  /** An owner with 100 tokens. */
  readonly user: string
  readonly made: string
  readonly idleFrom: string
}

function rows(
  size: number,
  seal: string,
  { numbers, of, id, user, made, idleFrom }: Spelling,
): readonly string[] {
  const step = adasStep(size)
  const owner = `case when n % ${step} = 0 and n < ${step * ADAS_TOKENS} then 'ada' else ${user} end`
  return [
    `insert into api_token_owners (user_id, status, generation)
      ${numbers} select ${user}, 'active', 1 from ${of} where n % 100 = 0`,
    "insert into api_token_owners (user_id, status, generation) values ('ada', 'active', 1)",
    `insert into api_tokens (id, user_id, generation, name, scopes, status, hint, kid, form, seal, created_by_kind, created_at, updated_at,
      idle_from, idle_day, use_count)
      ${numbers} select ${id}, ${owner}, 1, 'a token of the growth', 'chat:read chat:write', 'active', 'wxyz', 'growth', 'jwt', ${seal}, 'user',
      ${made}, ${made}, ${idleFrom}, ${dayNumberOf(MADE_AT)}, 0 from ${of}`,
  ]
}
