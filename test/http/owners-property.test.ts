/**
 * Promise 8 over random memberships, owners, tokens and requests: no route and no cursor shows or changes a token of an
 * owner whose tokens the user does not manage at that moment.
 */

import { join } from 'node:path'
import fc from 'fast-check'
import t from 'tap'
import { sqliteTokenStore } from '../../src/store/kysely/dialects/sqlite/sqlite-token-store.ts'
import { memoryTokenStore } from '../../src/store/memory/memory-token-store.ts'
import { type OwnersHost, startOwnersHost } from '../support/owners-host.ts'

const USERS = ['ada', 'bob', '7'] as const
const ORGANIZATIONS = ['org:acme', 'org:7', 'team:7'] as const
const OWNERS = [...USERS, ...ORGANIZATIONS]
/** Ids without an owner. */
const STRANGE = ['', 'org:', 'org:nobody', 'ADA', 'org:acme '] as const
const NAMES = ['same', 'other', null] as const

/** A number of which the remainder chooses one of the tokens or cursors there are. */
const some = fc.nat(1_000)
const user = fc.constantFrom(...USERS)
/** `null`: the query has no `owner`. */
const owner = fc.oneof(
  { weight: 2, arbitrary: fc.constant(null) },
  { weight: 6, arbitrary: fc.constantFrom(...ORGANIZATIONS) },
  { weight: 1, arbitrary: fc.constantFrom(...USERS) },
  { weight: 1, arbitrary: fc.constantFrom(...STRANGE) },
)
/** The memberships at the beginning, one set for each user. */
const memberships = fc.tuple(...USERS.map(() => fc.subarray([...ORGANIZATIONS], { minLength: 1 })))
const name = fc.constantFrom(...NAMES)

/** One step: a member joins or leaves, or a user sends a request. */
const step = fc.oneof(
  fc.record({ kind: fc.constant('join' as const), user, owner: fc.constantFrom(...ORGANIZATIONS) }),
  fc.record({ kind: fc.constant('leave' as const), user, owner: fc.constantFrom(...ORGANIZATIONS) }),
  { weight: 3, arbitrary: fc.record({ kind: fc.constant('issue' as const), user, owner, name }) },
  fc.record({ kind: fc.constant('scopes' as const), user, owner }),
  {
    weight: 3,
    arbitrary: fc.record({
      ...{ kind: fc.constant('list' as const), user, owner },
      query: fc.constantFrom(
        '',
        '&q=same',
        '&status=active&status=revoked',
        '&sort=name',
        '&sort=-last_used_at',
      ),
      cursor: fc.option(some, { freq: 2 }),
    }),
  },
  {
    weight: 4,
    arbitrary: fc.record({
      ...{ kind: fc.constantFrom('get' as const, 'usage' as const), user, owner, token: some },
    }),
  },
  {
    weight: 4,
    arbitrary: fc.record({
      ...{ kind: fc.constantFrom('update' as const, 'rotate' as const, 'revoke' as const) },
      ...{ user, owner, token: some, name },
    }),
  },
)

type Step = typeof step extends fc.Arbitrary<infer Value> ? Value : never

/** The expected state, without the plugin. */
interface Model {
  /** The owner and the creator of each token. */
  readonly tokens: Map<string, { readonly owner: string; readonly creator: string }>
  readonly members: Map<string, Set<string>>
  /** Each `next_cursor`, and the list that it belongs to. */
  readonly cursors: { readonly cursor: string; readonly list: string }[]
}

/** How a run opens its store, and how many runs there are. */
const STORES = [
  { name: 'memory', numRuns: 150, open: () => memoryTokenStore() },
  {
    ...{ name: 'SQLite', numRuns: 20 },
    open: (folder: string, run: number) => sqliteTokenStore({ filename: join(folder, `${run}.db`) }),
  },
] as const

for (const { name, numRuns, open } of STORES) {
  t.test(
    `promise 8: no route and no cursor shows or changes a token of another owner, ${name}`,
    async (t) => {
      const folder = t.testdir({})
      let runs = 0
      let refused = 0
      let accepted = 0
      const steps = fc.array(step, { minLength: 10, maxLength: 60, size: 'max' })
      await fc.assert(
        fc.asyncProperty(memberships, steps, async (sets, taken) => {
          runs += 1
          const host = await startOwnersHost(t, { store: open(folder, runs) })
          const model: Model = { tokens: new Map(), members: new Map(), cursors: [] }
          for (const [at, set] of sets.entries()) enroll(host, model, USERS[at] ?? '', new Set(set))
          for (const one of taken) {
            const before = await rowsOf(host)
            const status = await take(host, model, one)
            if (status !== undefined && status < 400) accepted += 1
            if (status === undefined || status < 400) continue
            refused += 1
            same(await rowsOf(host), before, 'a refused request changes nothing')
          }
          await host.app.close()
        }),
        { numRuns },
      )
      t.ok(accepted > numRuns * 4, `${accepted} requests are accepted`)
      t.ok(refused > numRuns * 4, `${refused} requests are refused`)
    },
  )
}

/** Takes a step, and checks its response against the model. Returns the status of a request. */
async function take(host: OwnersHost, model: Model, one: Step): Promise<number | undefined> {
  const { members, tokens } = model
  const joined = members.get(one.user) ?? new Set()
  if (one.kind === 'join' || one.kind === 'leave') {
    if (one.kind === 'join') joined.add(one.owner)
    else joined.delete(one.owner)
    enroll(host, model, one.user, joined)
    return undefined
  }
  const chosen = one.owner ?? one.user
  const isAllowed = chosen === one.user || joined.has(chosen)
  const query = one.owner === null ? '?' : `?owner=${encodeURIComponent(one.owner)}`
  if (one.kind === 'list') return list(host, model, one, { chosen, isAllowed, query })
  if (one.kind === 'issue') {
    const { status, body } = await host.call(one.user, 'POST', `/tokens${query}`, { name: one.name })
    same(status, isAllowed ? 201 : 404, 'issue')
    if (status === 201) tokens.set(body.id, { owner: chosen, creator: one.user })
    if (status === 201) same(ownersOf(body), [chosen, one.user], 'the chosen owner, and the user as creator')
    return status
  }
  if (one.kind === 'scopes') {
    const { status, body } = await host.call(one.user, 'GET', `/tokens/scopes${query}`)
    same(status, isAllowed ? 200 : 404, 'scopes')
    const listed = [...joined].map((id) => ({ id, name: null }))
    if (status === 200) same(body['owners'], listed, 'the owners of the user')
    return status
  }
  const ids = [...tokens.keys()]
  const id = ids[one.token % Math.max(1, ids.length)]
  if (id === undefined) return undefined
  const isFound = isAllowed && tokens.get(id)?.owner === chosen
  const others = await rowsOf(host, (owned) => owned !== chosen)
  const { status, body } = await send(host, one, `/tokens/${id}`, query)
  if (!isFound) same(status, 404, `${one.kind}: a token of another owner`)
  // An ended token cannot be changed.
  else if (![200, 201, 204, 409].includes(status)) throw new Error(`${one.kind} of an own token: ${status}`)
  if (status === 404) same(body['code'], 'FST_API_TOKENS_NOT_FOUND', 'the code')
  if (typeof body.id === 'string' && status < 400) {
    const creator = one.kind === 'rotate' ? one.user : tokens.get(id)?.creator
    same(ownersOf(body), [chosen, creator], `${one.kind}: the owner, and who issued it`)
    tokens.set(body.id, { owner: chosen, creator: creator ?? '' })
  }
  same(await rowsOf(host, (owned) => owned !== chosen), others, `${one.kind}: the rows of other owners`)
  return status
}

/** The owner of a token object, and the user who issued it. */
function ownersOf(body: Record<string, unknown>): unknown[] {
  return [body['user_id'], (body['created_by'] as { id: unknown }).id]
}

function enroll(host: OwnersHost, { members }: Model, user: string, organizations: Set<string>): void {
  members.set(user, organizations)
  host.members.set(
    user,
    [...organizations].map((id) => ({ id })),
  )
}

async function list(
  host: OwnersHost,
  model: Model,
  one: Extract<Step, { kind: 'list' }>,
  { chosen, isAllowed, query }: { chosen: string; isAllowed: boolean; query: string },
): Promise<number> {
  const known =
    one.cursor === null ? undefined : model.cursors[one.cursor % Math.max(1, model.cursors.length)]
  const filters = `${one.query}&limit=1`
  const name = JSON.stringify([chosen, one.query])
  const after = known === undefined ? '' : `&cursor=${known.cursor}`
  const { status, body } = await host.call(one.user, 'GET', `/tokens${query}${filters}${after}`)
  const expected = !isAllowed ? 404 : known === undefined || known.list === name ? 200 : 400
  same(status, expected, 'list')
  if (status !== 200) return status
  for (const { id, user_id: owned } of body['data'] as { id: string; user_id: string }[]) {
    same([owned, model.tokens.get(id)?.owner], [chosen, chosen], 'a list has tokens of its owner only')
  }
  const next = body['next_cursor']
  if (typeof next === 'string') model.cursors.push({ cursor: next, list: name })
  return status
}

function send(
  { call }: OwnersHost,
  one: Extract<Step, { token: number }>,
  url: string,
  query: string,
): ReturnType<OwnersHost['call']> {
  switch (one.kind) {
    case 'get':
      return call(one.user, 'GET', url + query)
    case 'usage':
      return call(one.user, 'GET', `${url}/usage${query}&days=1`)
    case 'update':
      return call(one.user, 'PATCH', url + query, { name: one.name })
    case 'rotate':
      return call(one.user, 'POST', `${url}/rotate${query}`)
    case 'revoke':
      return call(one.user, 'DELETE', url + query)
    default:
      return one satisfies never
  }
}

/** All tokens of these owners, as the API for code reads them. */
async function rowsOf(
  { app }: OwnersHost,
  isWanted: (owner: string) => boolean = () => true,
): Promise<string> {
  const lists = [...OWNERS, ...STRANGE].filter((owner) => owner !== '' && isWanted(owner))
  const pages = await Promise.all(lists.map((userId) => app.apiTokens.list({ userId, limit: 100 })))
  return JSON.stringify(pages.map(({ data }) => data))
}

/** Throws, so that the shrunk example is printed. */
function same(actual: unknown, expected: unknown, what: string): void {
  const [found, wanted] = [JSON.stringify(actual), JSON.stringify(expected)]
  if (found !== wanted) throw new Error(`${what}: ${found} instead of ${wanted}`)
}
