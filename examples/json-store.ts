/** A store for one machine: each token and each owner is a JSON text in SQLite. See docs/guides/write-a-store.md. */
import { DatabaseSync, type SQLInputValue } from 'node:sqlite'
import type { Lease, ReadRange, StoredOwner, TokenRecord, TokenStore } from 'fastify-api-tokens/store'
import * as records from 'fastify-api-tokens/store'

/** SQLite computes the columns with `as`. `name_and_id` is the text that `nameAndId` of the package returns. */
const TABLES = `
  create table if not exists token (id text primary key, json text not null, changed_at integer, warned_from integer,
    user_id text as (json->>'userId'), name_and_id text as (coalesce(json->>'name', '') || char(1) || id),
    status text as (json->>'status'), idle_from integer as (json->>'idleFrom'),
    change text as (json_object('target', json_object('tokenId', id), 'changedAt', changed_at)));
  create index if not exists token_by_id on token (user_id, id);
  create index if not exists token_by_name on token (user_id, name_and_id);
  create index if not exists token_by_use on token (idle_from) where status = 'active';
  create index if not exists token_by_change on token (changed_at);
  create table if not exists owner (id text primary key, json text not null, changed_at integer,
    change text as (json_object('target', json_object('userId', id), 'changedAt', changed_at)));
  create index if not exists owner_by_change on owner (changed_at);
  create table if not exists day (token text, start integer, uses integer,
    json text as (json_object('dayStart', start, 'requests', uses)), primary key (token, start));
  create table if not exists lease (name text primary key, holder text, ends_at integer)`

export function jsonStore(filename: string): TokenStore {
  const db = new DatabaseSync(filename, { open: false })
  /** Returns the column `json` of each row, parsed. */
  const read = <Value>(sql: string, ...values: SQLInputValue[]): Value[] => {
    const rows = db.prepare(sql).all(...values)
    return rows.map(({ json }) => JSON.parse(String(json)))
  }
  /** Returns the number of rows that the statement wrote. */
  const run = (sql: string, ...values: SQLInputValue[]) => Number(db.prepare(sql).run(...values).changes)

  /** Makes a method of a function that does not await: its statements are one transaction. */
  function atomic<Args extends unknown[], Result>(work: (...args: Args) => Result) {
    return async (...args: Args): Promise<Result> => {
      db.exec('begin immediate')
      try {
        const result = work(...args)
        db.exec('commit')
        return result
      } catch (error) {
        db.exec('rollback')
        throw error
      }
    }
  }

  const tokens = (where: string, ...values: SQLInputValue[]) =>
    read<TokenRecord>(`select json from token where ${where}`, ...values)
  const tokenOf = (id: string | null) => tokens('id = ?', id)[0]
  const storedOwner = (id: string) => read<StoredOwner>('select json from owner where id = ?', id)[0]
  const ownerOf = (id: string) => records.ownerRecord(storedOwner(id))
  const owned = (token?: TokenRecord) => token && { token, owner: ownerOf(token.userId) }
  const range: ReadRange = ({ userId, order, descending, from, limit }) => {
    const column = order === 'id' ? 'id' : 'name_and_id'
    const start = from === null ? '' : `and ${column} ${descending ? '<' : '>'}${from.inclusive ? '=' : ''} ?`
    const where = `user_id = ? ${start} order by ${column} ${descending ? 'desc' : 'asc'} limit ?`
    return tokens(where, userId, ...(from === null ? [] : [from.key]), limit)
  }

  /** Runs a statement with the JSON text of a record and the id, and returns the record. */
  const save = <Stored>(sql: string, id: string, record: Stored): Stored => {
    run(sql, JSON.stringify(record), id)
    return record
  }
  const add = (token: TokenRecord) => save('insert into token (json, id) values (?, ?)', token.id, token)
  const write = (token: TokenRecord) => save('update token set json = ? where id = ?', token.id, token)
  const upsert = 'insert into owner (json, id) values (?, ?) on conflict do update set json = excluded.json'
  const writeOwner = (owner: StoredOwner) => save(upsert, owner.userId, owner)
  const ownerFor = (id: string) => storedOwner(id) ?? writeOwner(records.newOwner(id))
  /** Puts a change into the feed. Each change of a row gets a later stamp. */
  const stamp = (table: 'token' | 'owner', id: string) =>
    run(`update ${table} set changed_at = max(?, coalesce(changed_at, 0) + 1) where id = ?`, Date.now(), id)
  const change = (token: TokenRecord) => {
    stamp('token', token.id)
    return write(token)
  }
  const remove = (ended: readonly TokenRecord[]) => {
    for (const { id } of ended) run('delete from token where id = ?', id)
    return ended.length
  }
  /** Writes a lease that is new or meets the condition. Returns whether it did. */
  const setLease = ({ name, holder, ms }: Lease, condition: string) => {
    const update = `on conflict do update set holder = excluded.holder, ends_at = excluded.ends_at where ${condition}`
    return run(`insert into lease values (?, ?, ?) ${update}`, name, holder, Date.now() + ms) === 1
  }

  return {
    shared: false,
    open: async () => {
      db.open()
      db.exec(`pragma busy_timeout = 5000; pragma journal_mode = wal; ${TABLES}`)
    },
    close: async () => db.close(),
    isEmpty: async () => tokens('true limit 1').length === 0,
    findTokens: async (ids) =>
      new Map(ids.flatMap((id) => owned(tokenOf(id)) ?? []).map((found) => [found.token.id, found])),
    findOwner: async (userId) => ownerOf(userId),
    listTokens: async (query) => records.pageOf(query, ownerOf(query.userId), range),

    insertToken: atomic((token, rules) => {
      const owner = ownerFor(token.userId)
      const room = records.roomFor(tokens('user_id = ?', owner.userId), owner, rules)
      if (room.outcome !== 'room') return room
      remove(room.deletes)
      return { outcome: 'inserted', token: add({ ...token, generation: owner.generation }) }
    }),
    updateToken: atomic((id, changes, scope) => {
      const checked = records.checkChange(owned(tokenOf(id)), scope)
      const patched =
        checked.outcome === 'unchanged' ? records.withPatch(checked.token, changes, scope) : null
      return patched === null ? checked : { outcome: 'changed', token: change(patched) }
    }),
    revokeToken: atomic((id, scope) => {
      const checked = records.checkChange(owned(tokenOf(id)), scope)
      if (checked.outcome === 'not_found' || checked.outcome === 'owner_inactive') return checked
      const { token } = checked
      if (token.status === 'revoked') return { outcome: 'unchanged', token }
      const restored = records.withoutSuccessor(tokenOf(token.predecessorId), token, scope)
      if (restored !== null) change(restored)
      return { outcome: 'changed', token: change(records.withRevocation(token, scope)) }
    }),
    rotateToken: atomic((id, successor, scope) => {
      const checked = records.checkChange(owned(tokenOf(id)), scope, true)
      if (checked.outcome !== 'unchanged') return checked
      const { token } = checked
      const isSealed = (scope.seal ?? token.seal) === token.seal
      if (token.status !== 'active' || token.successorId !== scope.replaces || !isSealed) return checked
      const room = records.roomFor(tokens('user_id = ?', token.userId), ownerFor(token.userId), scope)
      if (room.outcome !== 'room') return room
      remove(room.deletes)
      const replaced = tokenOf(scope.replaces)
      if (replaced && replaced.status !== 'revoked')
        change(records.withRevocation(replaced, { reason: 'rotated', now: scope.now }))
      add({ ...successor, generation: token.generation })
      return { outcome: 'changed', token: change(records.withSuccessor(token, successor, scope)) }
    }),
    endPredecessor: atomic(({ successorId, predecessorId }, now) => {
      const [successor, old] = [tokenOf(successorId), tokenOf(predecessorId)]
      if (successor?.predecessorId !== predecessorId || successor.status === 'revoked') return null
      change({ ...successor, predecessorId: null })
      if (old?.successorId !== successorId || old.status === 'revoked') return null
      return change(records.withRevocation(old, { reason: 'rotated', now }))
    }),
    setOwnerStatus: atomic((userId, status, now) => {
      const owner = writeOwner(records.withOwnerStatus(ownerFor(userId), status, now))
      stamp('owner', userId)
      return records.ownerRecord(owner)
    }),

    recordUses: atomic((uses, { batch, ...rules }) => {
      // The last batch of a writer is stored as a lease of a week, so that `prune` deletes it.
      const last = batch && { name: `uses ${batch.writer}`, holder: batch.id, ms: records.BATCH_MEMORY_MS }
      if (last && !setLease(last, 'holder <> excluded.holder')) return
      const add = 'insert into day values (?, ?, ?) on conflict do update set uses = uses + excluded.uses'
      for (const use of uses) {
        const token = tokenOf(use.tokenId)
        if (token === undefined) continue
        write(records.withUse(token, use, rules))
        run(add, token.id, rules.dayStart, use.count)
      }
    }),
    dailyUses: async (id, { since, before }) => {
      const days = 'select json from day where token = ? and start >= ? and start < ? order by start'
      return read(days, id, since, before)
    },
    markIdle: atomic((idleBefore, limit) => {
      const idle = tokens("status = 'active' and idle_from < ? limit ?", idleBefore, limit)
      return idle.map((token) => write({ ...token, status: 'inactive', statusReason: 'idle' }))
    }),
    listIdleWarnings: atomic((periods, limit) => {
      const due = "status = 'active' and idle_from >= ? and idle_from < ? and warned_from is not idle_from"
      const isValid = (token: TokenRecord) =>
        records.checkChange(owned(token), periods, true).outcome === 'unchanged'
      const warned = tokens(due, periods.since, periods.before).filter(isValid).slice(0, limit)
      for (const { id } of warned) run('update token set warned_from = idle_from where id = ?', id)
      return warned
    }),
    prune: atomic((target, limit) => {
      const some = (table: string, where: string) =>
        `delete from ${table} where rowid in (select rowid from ${table} where ${where} limit ?)`
      if (target.rows === 'usage') return run(some('day', 'start < ?'), target.before, limit)
      if (target.rows === 'leases') return run(some('lease', 'ends_at <= ?'), Date.now(), limit)
      const isOld = (token: TokenRecord) =>
        records.endOf(token, storedOwner(token.userId), target.maxAgeMs) < target.endedBefore
      return remove(tokens('true').filter(isOld).slice(0, limit))
    }),
    acquireLease: atomic((lease) => setLease(lease, `holder = excluded.holder or ends_at <= ${Date.now()}`)),
    releaseLease: atomic((lease) => void setLease({ ...lease, ms: 0 }, 'holder = excluded.holder')),
    feed: {
      changesSince: async (since) => {
        const changed = (table: string) =>
          read<records.StoredChange>(`select change as json from ${table} where changed_at >= ?`, since)
        return { now: Date.now(), changes: [...changed('token'), ...changed('owner')] }
      },
      touchOwner: async (userId) => void stamp('owner', userId),
    },
  }
}
