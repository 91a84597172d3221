/** The checks that hold the tokens of organizations and other further owners. */

import type { Guard } from './guard.ts'

const ROUTES = ['test/http/owners.test.ts']
const RANDOM = ['test/http/owners-property.test.ts']
const managed = { file: 'src/http/managed-owners.ts', tests: ROUTES }
const user = { file: 'src/http/signed-in-user.ts', tests: ROUTES }
const routes = { file: 'src/http/token-routes.ts', tests: RANDOM }

export const ownersGuards: readonly Guard[] = [
  {
    ...user,
    name: 'promise 8: owner chooses only among the ids that authenticateUser returned',
    remove: 'if (chosen === undefined) throw ownerUnknown()',
    put: 'if (chosen === undefined) return { id }',
    tests: RANDOM,
  },
  {
    ...user,
    name: 'owners: no user has the id of an organization',
    remove:
      '  if (type !== undefined) {\n    throw new InvalidResult(`${source} returned a user whose id begins',
    put: '  if (type === source) {\n    throw new InvalidResult(`${source} returned a user whose id begins',
  },
  {
    ...user,
    name: 'owners: no subject token is exchanged for a token of an organization',
    remove:
      '  if (type !== undefined) {\n    throw new InvalidResult(`${source} returned a user whose id begins',
    put: "  if (type !== undefined && source === 'authenticateUser') {\n    throw new InvalidResult(`${source} returned a user whose id begins",
    tests: ['test/oauth/token-exchange.test.ts'],
  },
  {
    ...user,
    name: 'owners: the actor of a change is the member, not the organization',
    remove: 'id: userOf(request).id, ip: addressOf(request)',
    put: 'id: ownerOf(request).id, ip: addressOf(request)',
  },
  {
    ...managed,
    name: 'owners: without ownerTypes they are refused',
    remove: 'if (ownerTypes.length === 0) throw',
    put: 'if (ownerTypes.length < 0) throw',
  },
  { ...managed, name: 'owners: 1,000 at most', remove: 'list.length > MAX_OWNERS', put: 'list.length < 0' },
  {
    ...managed,
    name: 'owners: an id is listed once',
    remove: 'if (ids.has(owner.id)) throw',
    put: "if (ids.has('')) throw",
  },
  {
    ...managed,
    name: 'owners: an id begins with a listed type',
    remove: 'if (type === undefined) throw',
    put: "if (id === '') throw",
  },
  {
    ...managed,
    name: 'owners: an id has more than its type',
    remove: "if (id.slice(type.length + 1).trim() === '') throw",
    put: "if (id === '') throw",
  },
  {
    ...managed,
    name: 'owners: an id is one that every store has',
    remove: "if (typeof id !== 'string' || fault !== undefined) throw",
    put: "if (typeof id !== 'string') throw",
  },
  {
    ...managed,
    name: 'owners: a misspelled scopes would grant everything',
    remove: 'if (misspelled !== undefined)',
    put: "if (misspelled === '')",
  },
  {
    ...managed,
    name: 'owners: scopes of another form are refused',
    remove: 'if (scopes !== undefined && list === undefined) throw',
    put: 'if (list?.length === -1) throw',
  },
  {
    ...managed,
    name: 'owners: a value that is no list is refused',
    remove: 'if (list === undefined) throw',
    put: 'if (list === undefined) return []\n  if (list.length < 0) throw',
  },
  {
    ...managed,
    name: 'owners: a name is text',
    remove: "if (name !== undefined && typeof name !== 'string') throw",
    put: "if (name === '\\n') throw",
  },
  {
    ...managed,
    name: 'owners: each entry is copied',
    remove: 'return { id, name: name === undefined ? undefined : shownName(name), scopes: list }',
    put: 'return given as unknown as ManagedOwner',
  },
  {
    ...managed,
    name: 'owners: a name is cut for the page',
    remove: 'name.slice(0, MAX_NAME_LENGTH)',
    put: 'name',
  },
  {
    ...routes,
    name: 'owners: a token is issued to the chosen owner',
    remove: 'userId: owner.id,',
    put: 'userId: userOf(request).id,',
  },
  {
    ...routes,
    name: "owners: the scopes of an organization's token are those of its entry",
    remove: 'grantable: owner.scopes,',
    put: 'grantable: userOf(request).scopes,',
    tests: ROUTES,
  },
  {
    ...routes,
    name: 'owners: a rotation grants no more than the entry',
    remove: 'const { scopes: grantable } = ownerOf(request)',
    put: 'const { scopes: grantable } = userOf(request)',
    tests: ROUTES,
  },
  {
    ...routes,
    name: 'owners: the scopes are listed for the chosen owner',
    remove: 'entries(ownerOf(request).scopes)',
    put: 'entries(userOf(request).scopes)',
    tests: ROUTES,
  },
  {
    ...routes,
    name: 'owners: the list is that of the chosen owner',
    remove: '{ ...request.query, userId: ownerOf(request).id }',
    put: '{ ...request.query, userId: userOf(request).id }',
  },
  {
    ...routes,
    name: 'owners: a token is read with its owner only',
    remove: 'getToken(lifecycle, request.params.id, { userId: ownerOf(request).id })',
    put: 'getToken(lifecycle, request.params.id)',
  },
  {
    ...routes,
    name: 'owners: the usage is read with its owner only',
    remove: 'tokenUsage(lifecycle, params.id, query, { userId: ownerOf(request).id })',
    put: 'tokenUsage(lifecycle, params.id, query)',
  },
  {
    ...routes,
    name: 'owners: a token is changed with its owner only',
    remove: '{ userId: ownerOf(request).id, by:',
    put: '{ by:',
  },
  {
    name: 'owners: a cursor is bound to its owner',
    file: 'src/lifecycle/page-cursor.ts',
    remove: 'return [userId, sort,',
    put: "return [userId === '', sort,",
    tests: RANDOM,
  },
  {
    name: 'owners: not with tokens that end with a user at the identity provider',
    file: 'src/http/owner-types.ts',
    remove: 'if (hasIdentityProvider && types.length > 0)',
    put: 'if (hasIdentityProvider && types.length < 0)',
    tests: ['test/oauth/offline-tokens.test.ts'],
  },
  {
    name: 'owners: a type is the beginning of an id, up to the colon',
    file: 'src/http/owner-types.ts',
    remove: 'id.startsWith(`${type}:`)',
    put: 'id.startsWith(type)',
    tests: ROUTES,
  },
  {
    name: 'owners: a type is listed once',
    file: 'src/http/owner-types.ts',
    remove: 'if (double !== -1)',
    put: 'if (double < -1)',
    tests: ['test/host/options.test.ts'],
  },
  {
    name: 'owners: a type has no colon',
    file: 'src/http/owner-types.ts',
    remove: "typeof type === 'string' && TYPE.test(type)",
    put: "typeof type === 'string' && type !== ''",
    tests: ['test/host/options.test.ts'],
  },
]
