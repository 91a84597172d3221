/** The checks that hold administration: searches over all owners, and ends by credential or of a whole owner. */

import type { Guard } from './guard.ts'

const SEARCH = ['test/host/search.test.ts']
const FIND = ['test/host/find-and-revoke.test.ts']
const search = { file: 'src/lifecycle/search-tokens.ts', tests: SEARCH }
const page = { file: 'src/lifecycle/filtered-page.ts', tests: SEARCH }
const all = { file: 'src/lifecycle/revoke-all.ts', tests: FIND }

export const adminGuards: readonly Guard[] = [
  {
    ...page,
    name: 'promise 15: a search reads 1,000 tokens at most',
    remove: 'read < MAX_ROWS_READ;',
    put: 'read >= 0;',
  },
  {
    ...page,
    name: 'promise 15: other requests get a turn between the slices of a search',
    remove: '    await nextTurn()\n',
    put: '',
  },
  {
    ...search,
    name: 'search: uses that are not flushed count for the last use',
    remove: ', context.recorder.lastUsedAt(token.id))',
    put: ')',
  },
  {
    ...search,
    name: 'search: the filter by creator is applied to the tokens of an owner',
    remove: 'if (createdBy !== undefined && token.createdBy.id !== createdBy) return false',
    put: '',
  },
  {
    ...search,
    name: 'promise 14: the day in a cursor is a day that every database has',
    remove: 'isStorableDay(value)) return',
    put: "typeof value === 'number') return",
  },
  {
    ...search,
    name: 'promise 14: the name in a cursor of a search is checked like a name',
    remove: "typeof value === 'string' && searchFault(value) === undefined) return",
    put: "typeof value === 'string') return",
  },
  {
    name: 'search: a sort that is not the order of the filter is refused',
    file: 'src/lifecycle/search-order.ts',
    remove: "if (sort !== undefined) throw wrongSort('must be left out', filter)",
    put: '',
    tests: SEARCH,
  },
  {
    name: 'promise 16: a user id that is undefined does not search all tokens',
    file: 'src/lifecycle/code-arguments.ts',
    remove: 'if (Object.hasOwn(Object(value), name)) requireNoFault',
    put: 'if (value === null) requireNoFault',
    tests: ['test/host/code-arguments.test.ts'],
  },
  {
    name: 'promise 16: a store without administration is an error by name',
    file: 'src/store/administration-of.ts',
    remove: 'if (administration !== undefined) return administration',
    put: 'if (administration !== null) return administration as AdministrationStore',
    tests: SEARCH,
  },
  {
    name: 'find: a changed row has no credential',
    file: 'src/lifecycle/find-by-credential.ts',
    remove: 'owned && isAsIssued(signed, owned.token, context) ?',
    put: 'owned ?',
    tests: FIND,
  },
  {
    ...all,
    name: 'promise 4: revokeAll drops cached verifications, also when it failed',
    remove: 'context.invalidations.publish({ target: { userId }, ended })',
    put: '',
  },
  {
    ...all,
    name: 'promise 4: revokeAll aborts open requests at once',
    remove: '    ended = true\n',
    put: '',
  },
  {
    ...all,
    name: 'revokeAll: an outage of the count keeps no token valid',
    remove: '  } catch {\n    return null\n  }',
    put: '  } catch (error) {\n    throw error\n  }',
  },
]
