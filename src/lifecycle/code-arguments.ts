/**
 * Checks the arguments of `app.apiTokens`. An unknown member or a value of the wrong type is refused by name: ignoring it
 * could issue a token without expiry or skip an ownership check.
 */

import { isIP } from 'node:net'
import { isDate } from 'node:util/types'
import { parseDuration } from '../duration.ts'
import { InvalidInput } from '../errors.ts'
import { listOf, membersOf } from '../option-values.ts'
import type { GivenActor } from '../token/actor.ts'
import { scopeListOf } from '../token/scope.ts'
import { TOKEN_STATUSES } from '../token/status.ts'
import { descriptionFault, nameFault, userIdFault } from '../token/text.ts'
import { REVOCATION_REASONS } from '../token/token.ts'
import type { ApiTokens, VerifyOptions } from './api-tokens.ts'
import type { ChangeOptions, OwnerScope, RevokeOptions, TokenChangeOptions } from './context.ts'
import type { IssueRequest } from './issue-token.ts'
import { type ListRequest, TOKEN_SORTS } from './list-tokens.ts'
import type { RevokeAllRequest } from './revoke-all.ts'
import type { RevokeCredentialOptions } from './revoke-by-credential.ts'
import type { RotateRequest } from './rotate-token.ts'
import { SEARCH_SORTS } from './search-order.ts'
import type { SearchRequest } from './search-tokens.ts'
import type { GivenLimits } from './token-limits.ts'
import type { TokenUpdate } from './token-update.ts'
import type { UsageRequest } from './token-usage.ts'
import { requireNoFault } from './valid-input.ts'

/** The fault of a value, as the end of an error message, or `undefined`. */
type Fault = (value: unknown) => string | undefined

/** One check per member of a request: a new member without a check does not compile. */
type Faults<Request> = { readonly [Member in keyof Request]-?: Fault }

/**
 * The same operations with checked arguments.
 *
 * @throws {InvalidInput} From each operation, naming the member or argument. Asynchronous operations reject.
 */
export function withCheckedArguments(api: ApiTokens): ApiTokens {
  return {
    issue: async (...args: unknown[]) => api.issue(issueRequest(atMost('issue', 1, args)[0])),
    list: async (...args: unknown[]) => api.list(listRequest(atMost('list', 1, args)[0])),
    get: async (...args: unknown[]) => api.get(idOf(atMost('get', 2, args)[0]), ...scopeOf(args, 1, SCOPE)),
    update: async (...args: unknown[]) => {
      const [id, changes] = atMost('update', 3, args)
      return api.update(idOf(id), changesOf(changes), ...scopeOf(args, 2, CHANGE))
    },
    revoke: async (...args: unknown[]) =>
      api.revoke(idOf(atMost('revoke', 2, args)[0]), ...scopeOf(args, 1, REVOKE)),
    rotate: async (...args: unknown[]) => {
      const [id, request = {}] = atMost('rotate', 3, args)
      return api.rotate(idOf(id), rotateRequest(request), ...scopeOf(args, 2, CHANGE))
    },
    usage: async (...args: unknown[]) => {
      const [id, request = {}] = atMost('usage', 3, args)
      return api.usage(idOf(id), usageRequest(request), ...scopeOf(args, 2, SCOPE))
    },
    verify: async (...args: unknown[]) => {
      const [credential, options = {}] = atMost('verify', 2, args)
      return api.verify(textOf(credential, 'credential'), verifyOptions(options))
    },
    search: async (...args: unknown[]) => {
      const [request = {}] = atMost('search', 1, args)
      return api.search(searchRequest(request))
    },
    find: async (...args: unknown[]) => {
      const [credential] = atMost('find', 1, args)
      return api.find(textOf(credential, 'credential'))
    },
    revokeCredential: async (...args: unknown[]) => {
      const [credential, options = {}] = atMost('revokeCredential', 2, args)
      return api.revokeCredential(textOf(credential, 'credential'), revokeCredentialOptions(options))
    },
    revokeAll: async (...args: unknown[]) => api.revokeAll(revokeAllRequest(atMost('revokeAll', 1, args)[0])),
    deactivateUser: async (...args: unknown[]) =>
      api.deactivateUser(...userChange(atMost('deactivateUser', 2, args))),
    reactivateUser: async (...args: unknown[]) =>
      api.reactivateUser(...userChange(atMost('reactivateUser', 2, args))),
    removeUser: async (...args: unknown[]) => api.removeUser(...userChange(atMost('removeUser', 2, args))),
    invalidateUser: (...args: unknown[]) => api.invalidateUser(userIdOf(atMost('invalidateUser', 1, args))),
    flush: async (...args: unknown[]) => {
      atMost('flush', 0, args)
      return api.flush()
    },
    sweep: async (...args: unknown[]) => {
      atMost('sweep', 0, args)
      return api.sweep()
    },
    stats: (...args: unknown[]) => {
      atMost('stats', 0, args)
      return api.stats()
    },
    events: api.events,
  }
}

const text: Fault = (value) => (typeof value === 'string' ? undefined : 'must be a string')
const number: Fault = (value) => (typeof value === 'number' ? undefined : 'must be a number')
/** Also of another realm. */
const date: Fault = (value) => (isDate(value) ? undefined : 'must be a Date')
const duration: Fault = (value) =>
  parseDuration(value) === undefined ? "must be whole milliseconds, or a string such as '30d'" : undefined
const address: Fault = (value) =>
  typeof value === 'string' && isIP(value) !== 0 ? undefined : 'must be an IP address'
const scopeNames: Fault = (value) =>
  scopeListOf(value) !== undefined ? undefined : 'must be an array of strings'
const orNull =
  (fault: Fault): Fault =>
  (value) =>
    value === null ? undefined : fault(value)
const oneOf =
  (values: readonly unknown[]): Fault =>
  (value) =>
    values.includes(value) ? undefined : `must be one of ${values.join(', ')}`
/** One of the values, or a list of one or more of them. */
const someOf =
  (values: readonly unknown[]): Fault =>
  (value) => {
    const some = listOf(value) ?? [value]
    const areKnown = some.length > 0 && some.every((one) => values.includes(one))
    return areKnown ? undefined : `must be one or several of ${values.join(', ')}`
  }

/** Its members are checked by `actorFrom`, which copies them. */
const actor: Fault = () => undefined

/** The operation checks and copies it. */
const limit: Fault = () => undefined

const LIMITS: Faults<GivenLimits> = { metadata: limit, allowedIps: limit, rateLimit: limit }

const ACTOR: Faults<GivenActor> = { kind: oneOf(['admin', 'user']), id: userIdFault, ip: orNull(address) }

const ISSUE: Faults<Omit<IssueRequest, 'grantable'> & ChangeOptions> = {
  userId: userIdFault,
  name: orNull(nameFault),
  description: orNull(descriptionFault),
  scopes: scopeNames,
  expiresIn: orNull(duration),
  subjectToken: text,
  ...LIMITS,
  by: actor,
}

const LIST: Faults<ListRequest> = {
  userId: userIdFault,
  limit: number,
  cursor: text,
  status: someOf(TOKEN_STATUSES),
  q: text,
  sort: oneOf(TOKEN_SORTS),
}

const CHANGES: Faults<TokenUpdate> = {
  name: orNull(nameFault),
  description: orNull(descriptionFault),
  status: oneOf(['active', 'inactive']),
  ...LIMITS,
}

const ROTATE: Faults<Omit<RotateRequest, 'grantable'>> = {
  gracePeriod: duration,
  expiresIn: orNull(duration),
  scopes: scopeNames,
  subjectToken: text,
}

const USAGE: Faults<UsageRequest> = { days: number }

const VERIFY: Faults<VerifyOptions> = { ip: address }

const SCOPE: Faults<OwnerScope> = { userId: userIdFault }

const CHANGE: Faults<TokenChangeOptions> = { ...SCOPE, by: actor }

const REVOKE: Faults<RevokeOptions> = { ...CHANGE, reason: oneOf(REVOCATION_REASONS) }

const SEARCH: Faults<SearchRequest> = {
  userId: userIdFault,
  createdBy: userIdFault,
  name: text,
  unusedSince: date,
  expiresBefore: date,
  createdBefore: date,
  status: someOf(TOKEN_STATUSES),
  scope: text,
  sort: oneOf(SEARCH_SORTS),
  limit: number,
  cursor: text,
}

const REVOKE_CREDENTIAL: Faults<RevokeCredentialOptions> = { by: actor, reason: oneOf(REVOCATION_REASONS) }

const REVOKE_ALL: Faults<RevokeAllRequest> = { userId: userIdFault, ...REVOKE_CREDENTIAL }

const USER_CHANGE: Faults<ChangeOptions> = { by: actor }

function verifyOptions(value: unknown): VerifyOptions {
  return requestOf(value, 'the options', VERIFY)
}

function issueRequest(value: unknown) {
  const request = requestOf(value, 'the request', ISSUE)
  requireNoFault('userId', userIdFault(request.userId))
  // Checked above.
  return { ...request, by: actorFrom(request.by) } as typeof request & { userId: string }
}

function listRequest(value: unknown): ListRequest {
  const request = requestOf(value, 'the request', LIST)
  requireNoFault('userId', userIdFault(request.userId))
  return request as typeof request & { userId: string }
}

function changesOf(value: unknown): TokenUpdate {
  return requestOf(value, 'the changes', CHANGES)
}

function rotateRequest(value: unknown) {
  return requestOf(value, 'the request', ROTATE)
}

function usageRequest(value: unknown): UsageRequest {
  return requestOf(value, 'the request', USAGE)
}

/** `{ userId: session.user?.id }` without a user is refused: it must not mean all users. */
function searchRequest(value: unknown): SearchRequest {
  const request = requestOf(value, 'the request', SEARCH)
  for (const name of ['userId', 'createdBy'] as const) {
    // `value` is an object: `requestOf` has checked it.
    if (Object.hasOwn(Object(value), name)) requireNoFault(name, userIdFault(request[name]))
  }
  return request
}

function revokeCredentialOptions(value: unknown): RevokeCredentialOptions {
  const options = requestOf(value, 'the options', REVOKE_CREDENTIAL)
  return { ...options, by: actorFrom(options.by) }
}

function revokeAllRequest(value: unknown): RevokeAllRequest {
  const request = requestOf(value, 'the request', REVOKE_ALL)
  requireNoFault('userId', userIdFault(request.userId))
  // Checked above.
  return { ...request, by: actorFrom(request.by) } as typeof request & { userId: string }
}

/**
 * Without the argument or its `userId`, tokens of all users are found. `undefined`, as in `session.scope` or
 * `{ userId: session.user?.id }` without a user, is refused: it must not mean all users.
 */
function scopeOf<Scope extends OwnerScope>(
  args: readonly unknown[],
  index: number,
  faults: Faults<Scope>,
): [] | [Scope] {
  if (args.length <= index) return []
  const given = membersOf(args[index], rulesOf('the scope', faults))
  const scope = definedMembers(given)
  const names = Object.keys(scope)
  if (Object.hasOwn(given, 'userId') || names.length === 0)
    requireNoFault('userId', userIdFault(given['userId']))
  for (const name of names) requireNoFault(name, faults[name as keyof Scope](scope[name]))
  const by = actorFrom(scope['by'])
  // Each member was checked above.
  return [{ ...scope, ...(by === undefined ? {} : { by }) } as unknown as Scope]
}

function userChange([userId, options = {}]: readonly unknown[]): [userId: string, options: ChangeOptions] {
  const id = userIdOf([userId])
  return [id, { by: actorFrom(membersOf(options, rulesOf('the options', USER_CHANGE))['by']) }]
}

/** A copy: each member is read once. */
function actorFrom(by: unknown): GivenActor | undefined {
  if (by === undefined) return undefined
  const { kind, id, ip = null } = membersOf(by, rulesOf('by', ACTOR))
  requireNoFault('by.kind', ACTOR.kind(kind))
  requireNoFault('by.id', ACTOR.id(id))
  requireNoFault('by.ip', ACTOR.ip(ip))
  // Each member was checked above.
  return { kind, id, ip } as GivenActor
}

/** A member that is `undefined` counts as left out. */
function requestOf<Request>(value: unknown, what: string, faults: Faults<Request>): Partial<Request> {
  const members = definedMembers(membersOf(value, rulesOf(what, faults)))
  for (const [name, member] of Object.entries(members))
    requireNoFault(name, faults[name as keyof Request](member))
  // Each member was checked above.
  return members as Partial<Request>
}

function definedMembers(members: Record<string, unknown>): Record<string, unknown> {
  return Object.fromEntries(Object.entries(members).filter(([, member]) => member !== undefined))
}

function rulesOf(what: string, faults: object) {
  const refuse = (message: string) => new InvalidInput(message)
  return { known: Object.keys(faults), what, before: '', called: `a member of ${what}`, refuse }
}

function idOf(value: unknown): string {
  return textOf(value, 'id')
}

function userIdOf([userId]: readonly unknown[]): string {
  requireNoFault('userId', userIdFault(userId))
  return String(userId)
}

function textOf(value: unknown, name: string): string {
  requireNoFault(name, text(value))
  return String(value)
}

/** An ignored argument may have been meant as a restriction. */
function atMost(method: string, count: number, args: readonly unknown[]): readonly unknown[] {
  if (args.length <= count) return args
  throw new InvalidInput(`${method} takes at most ${count} arguments, not ${args.length}`)
}
