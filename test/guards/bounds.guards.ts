/** The checks that keep what one user has and reads within bounds: promise 15. */

import type { Guard } from './guard.ts'

const SQLITE = ['test/store/sqlite-bounds.test.ts']
const HTTP = ['test/http/list-tokens.test.ts']

export const boundsGuards: readonly Guard[] = [
  {
    name: 'promise 15: a page with a filter ends after a bounded number of rows',
    file: 'src/store/kysely/queries/list-by-key.ts',
    remove: 'const n = isFiltered(query) ? maxRows : limit + 1',
    put: 'const n = isFiltered(query) ? 1_000_000 : limit + 1',
    tests: SQLITE,
  },
  {
    name: 'promise 15: MySQL reads a descending page from its place on',
    file: 'src/store/kysely/queries/list-by-key.ts',
    remove: 'isFiltered(query) || traits.pagesNeedEnds',
    put: 'isFiltered(query)',
    tests: ['test/store/bounded-reads.test.ts'],
  },
  {
    name: 'promise 15: by last use a bounded number of rows is sorted, whatever a cursor says',
    file: 'src/store/kysely/queries/list-by-last-use.ts',
    remove: '.limit(maxRows)',
    put: '.limit(1_000_000)',
    tests: SQLITE,
  },
  {
    name: 'promise 15: a total is counted among a bounded number of rows',
    file: 'src/store/kysely/queries/list-tokens.ts',
    remove: '.limit(maxRows + 1)',
    put: '.limit(1_000_000)',
    tests: ['test/store/bounded-reads.test.ts'],
  },
  {
    name: 'promise 15: a total that was not counted to the end is null',
    file: 'src/store/kysely/queries/list-tokens.ts',
    remove: 'Number(read) > maxRows ? null',
    put: 'Number(read) < 0 ? null',
    tests: SQLITE,
  },
  {
    name: 'promise 15: an owner has at most so many ended tokens',
    file: 'src/store/kysely/queries/make-room.ts',
    remove: 'if (ended < maxEnded)',
    put: 'if (ended < maxEnded * 1000)',
    tests: SQLITE,
  },
  {
    name: 'promise 15: an issue deletes ten ended tokens at most',
    file: 'src/store/ended-bounds.ts',
    remove: 'const MAX_DELETED = 10',
    put: 'const MAX_DELETED = 100',
    tests: SQLITE,
  },
  {
    name: 'promise 15: what ended of late is not deleted for a new token',
    file: 'src/store/kysely/queries/make-room.ts',
    remove: "    .where('ends_at', '<', traits.time(deletableBefore))\n",
    put: "    .where('ends_at', '<', traits.time(deletableBefore * 2))\n",
    tests: SQLITE,
  },
  {
    name: 'promise 15: no request is refused by counts that may be wrong',
    file: 'src/store/kysely/queries/make-room.ts',
    remove: "if (room.outcome === 'room' || (age >= 0 && age < RECOUNT_MS)) return room",
    put: 'if (age > -1e15) return room',
    tests: SQLITE,
  },
  {
    name: 'promise 15: a rotation is bounded as an issue is',
    file: 'src/store/kysely/queries/rotate-token.ts',
    remove: "if (room.outcome !== 'room') {",
    put: "if (room.outcome === 'limit_reached') {",
    tests: SQLITE,
  },
  {
    name: 'promise 15: what the sweep deletes makes room',
    file: 'src/store/kysely/queries/prune.ts',
    remove: 'await forgetCounts(transaction, ',
    put: 'void ((_: unknown, __: unknown) => forgetCounts)(transaction, ',
    tests: SQLITE,
  },
  {
    name: 'promise 15: what the removal of an owner ends is counted as ended',
    file: 'src/store/kysely/queries/owners.ts',
    remove: "ended_count: eb('ended_count', '+', eb.ref('living_count')),",
    put: '',
    tests: SQLITE,
  },
  {
    name: 'promise 15: SQLite works in slices',
    file: 'src/store/kysely/slices.ts',
    remove: "if (traits.writers === 'one') await nextTurn()",
    put: "if (traits.writers === 'many') await nextTurn()",
    tests: SQLITE,
  },
  {
    name: 'promise 15: a cursor is bound to its list',
    file: 'src/lifecycle/opaque-cursor.ts',
    remove: 'digest === digestOf(list) ?',
    put: 'digest !== undefined ?',
    tests: HTTP,
  },
  {
    name: 'promise 14: the name in a cursor is checked like a name',
    file: 'src/lifecycle/page-cursor.ts',
    remove: "(value === '' || searchFault(value) === undefined)",
    put: "typeof value === 'string'",
    tests: HTTP,
  },
  {
    name: 'promise 14: the last use in a cursor is a moment that every database has',
    file: 'src/lifecycle/opaque-cursor.ts',
    remove: 'value >= 0 && value <= LAST_MOMENT',
    put: 'value > -1e300',
    tests: HTTP,
  },
  {
    name: 'promise 15: the trace of a day stays',
    file: 'src/lifecycle/ended-tokens.ts',
    remove: 'now - DAY_MS',
    put: 'now',
    tests: ['test/http/issue-token.test.ts'],
  },
]
