/** The checks that hold administration: searches over all owners, and ends by credential or of a whole owner. */

import type { Guard } from './guard.ts'

const SEARCH = ['test/host/search.test.ts']
const ACCESS = ['test/admin/admin-access.test.ts']
const TOKENS = ['test/admin/admin-tokens.test.ts']
const OWNERS = ['test/admin/admin-owners.test.ts']
const FIND = ['test/host/find-and-revoke.test.ts']
const search = { file: 'src/lifecycle/search-tokens.ts', tests: SEARCH }
const page = { file: 'src/lifecycle/filtered-page.ts', tests: SEARCH }
const routes = { file: 'src/admin/admin-routes.ts', tests: ACCESS }
const many = { file: 'src/lifecycle/revoke-many.ts', tests: TOKENS }
const administrator = { file: 'src/admin/administrator.ts', tests: ACCESS }
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
  {
    ...routes,
    name: 'promise 8: a credential of ours never administers',
    remove: 'refuseApiToken(request, deps.lifecycle.tokenPrefixes)',
    put: '',
  },
  {
    ...routes,
    name: 'admin: another site changes nothing',
    remove: 'requireSameSite(request, trustedOrigins)',
    put: '',
  },
  {
    ...routes,
    name: 'admin: every route requires an administrator',
    remove: 'requireAdministrator(scope, authenticate)',
    put: 'requireAdministrator(scope, async () => ({ id: String(authenticate) }))',
  },
  {
    ...administrator,
    name: 'promise 16: an administrator has an id',
    remove: 'if (fault === undefined) return',
    put: "if (fault !== '') return",
  },
  {
    ...administrator,
    name: 'promise 16: a misspelled member of an administrator is refused',
    remove: 'if (misspelled !== undefined) {',
    put: "if (misspelled === '') {",
  },
  {
    name: 'promise 13: in the non-authenticated mode the routes for administrators are closed',
    file: 'src/plugin.ts',
    remove: 'if (admin !== null) refuseBelow(fastify, admin.prefix)',
    put: '',
    tests: ACCESS,
  },
  {
    name: 'promise 16: admin with a store without administration fails the boot',
    file: 'src/settings.ts',
    remove: "if (admin !== null && store !== undefined) administrationOf(store, 'admin')",
    put: '',
    tests: OWNERS,
  },
  {
    name: 'admin: a revocation has exactly one target',
    file: 'src/admin/admin-token-routes.ts',
    remove: '      requireOne({ user_id: userId, ids, credentials })\n',
    put: '',
    tests: TOKENS,
  },
  {
    name: 'admin: a token whose credential could not be sent is revoked',
    file: 'src/admin/admin-token-routes.ts',
    remove: 'return sendCredential(reply, lifecycle, issued.token.id, issuedAdminTokenOnWire(issued))',
    put: 'return sendJson(reply, 201, issuedAdminTokenOnWire(issued))',
    tests: TOKENS,
  },
  {
    name: 'admin: a date that does not exist is refused',
    file: 'src/admin/admin-wire.ts',
    remove: ' && time.toISOString().slice(0, 10) === text.slice(0, 10)',
    put: '',
    tests: TOKENS,
  },
  {
    name: 'admin: an id of 255 characters reaches its owner',
    file: 'src/admin/admin-owner-routes.ts',
    remove: '  longIds(fastify, lifecycle)\n}',
    put: '}',
    tests: OWNERS,
  },
  {
    ...many,
    name: 'promise 4: many revocations drop cached verifications',
    remove: 'invalidations.publish({ target: { tokenId: token.id }, ended: true })',
    put: '',
  },
  {
    ...many,
    name: 'promise 4: many revocations drop cached verifications, also when they failed',
    remove: 'for (const tokenId of ids) invalidations.publish({ target: { tokenId }, ended: false })',
    put: '',
  },
  {
    ...many,
    name: 'admin: a credential without a row of its own revokes nothing',
    remove: 'token && matching(context, token, found.get(token.tokenId))',
    put: 'token && found.get(token.tokenId)',
  },
]
