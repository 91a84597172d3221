/** The reference pages name all options, defaults, error codes and routes, and no others. */

import { runInNewContext } from 'node:vm'
import type { FastifyError } from '@fastify/error'
import Fastify from 'fastify'
import t from 'tap'
import * as admin from '../../src/admin/admin-schemas.ts'
import * as errors from '../../src/errors.ts'
import * as schemas from '../../src/http/schemas.ts'
import apiTokens from '../../src/index.ts'
import { readExpiry } from '../../src/lifecycle/expiry-policy.ts'
import { SEARCH_SORTS } from '../../src/lifecycle/search-order.ts'
import type { ApiTokensOptions } from '../../src/options.ts'
import { readOptions, type Settings } from '../../src/settings.ts'
import { memoryTokenStore } from '../../src/store/memory/memory-token-store.ts'
import { SORT_FIELDS } from '../../src/store/token-store.ts'
import { claimsOf } from '../../src/token/claims.ts'
import { TOKEN_STATUSES } from '../../src/token/status.ts'
import { OWNER_STATUSES, REVOCATION_REASONS } from '../../src/token/token.ts'
import { hs256Key } from '../support/keys.ts'
import { codeIn, pages, read, rowsOf, tablesOf } from './markdown.ts'
import { exportsOf, membersOf, source } from './sources.ts'

/** Pages with a table of options, and the column of their defaults. */
const OPTION_TABLES = [
  { page: 'README.md', column: 1 },
  { page: 'docs/reference/options.md', column: 2 },
]

const options = membersOf('src/options.ts', 'ApiTokensOptions')

for (const { page, column } of OPTION_TABLES) {
  t.test(`the table of ${page} has every option, and no other`, async (t) => {
    t.same(
      optionRows(page).map(([name]) => name),
      options,
    )
  })

  t.test(`the defaults in ${page} are those that the plugin has`, async (t) => {
    const bare: ApiTokensOptions = { authenticateUser: () => null }
    const said = optionRows(page).flatMap(([name, row]) => {
      const [literal] = codeIn(row[column] ?? '')
      return literal === undefined || literal.includes('(') ? [] : [[name, runInNewContext(`(${literal})`)]]
    })
    t.ok(said.length >= 12, 'most defaults are values')
    const spelledOut = readOptions({ ...bare, ...Object.fromEntries(said) })
    t.same(comparable(spelledOut), comparable(readOptions(bare)))
  })

  t.test(`${page} names the files of the defaults, and the options without one`, async (t) => {
    const defaults = new Map(optionRows(page).map(([name, row]) => [name, row[column] ?? '']))
    t.ok(
      source('src/instance.ts').includes("'api-tokens.db'") &&
        defaults.get('store')?.includes("'api-tokens.db'"),
    )
    t.ok(source('src/object-options.ts').includes("'api-tokens.jwks.json'"))
    t.ok(defaults.get('keys')?.includes("'api-tokens.jwks.json'"))
    const { findUser, expiry, realm, audience, issuer } = readOptions({ authenticateUser: () => null })
    t.same([findUser, expiry.maxMs, realm, audience], [undefined, null, issuer, issuer])
    t.match(defaults.get('expiry'), 'none')
    t.match(defaults.get('realm'), 'the issuer')
    t.match(defaults.get('audience'), 'the issuer')
    t.match(defaults.get('findUser'), 'every owner is active')
    t.throws(() => readOptions({}), { code: 'FST_API_TOKENS_INVALID_OPTION' })
    t.match(defaults.get('authenticateUser'), /^required/)
  })
}

t.test('every option has a section in options.md', async (t) => {
  const headings = [...read('docs/reference/options.md').matchAll(/^## (.+)$/gm)].map(([, text]) => text)
  t.same(
    headings.flatMap((heading) => heading?.split(', ') ?? []),
    options,
  )
})

t.test('every error is in errors.md with its status, and no other', async (t) => {
  const thrown = Object.values(errors).flatMap((member) => (isErrorClass(member) ? [new member('…')] : []))
  t.ok(thrown.length >= 15, 'there are errors')
  const said = rowsOf('docs/reference/errors.md').flatMap(([first = '', status = '']) => {
    const [code] = codeIn(first)
    return code?.startsWith('FST_') ? [`${code} ${status}`] : []
  })
  t.same(said.toSorted(), thrown.map(({ code, statusCode }) => `${code} ${statusCode}`).toSorted())
})

t.test('every reason for a refusal is in errors.md', async (t) => {
  const type =
    source('src/verification/verification-entry.ts').match(
      /export type RejectionReason =([\s\S]*?)\n\n/,
    )?.[1] ?? ''
  const reasons = [...type.matchAll(/'(\w+)'/g)].map(([, reason = '']) => reason)
  t.ok(reasons.length >= 9, 'there are reasons')
  const said = new Set(firstCells('docs/reference/errors.md'))
  for (const reason of reasons) t.ok(said.has(reason), reason)
})

t.test('every route is in routes.md with its success, and no other', async (t) => {
  const routes: string[] = []
  const app = Fastify()
  t.teardown(() => app.close())
  app.addHook('onRoute', ({ method, url, schema }) => {
    const [success] = Object.keys(schema?.response ?? {}).filter((status) => status.startsWith('2'))
    if (method !== 'HEAD') routes.push(`${method} ${url} ${success}`)
  })
  await app.register(apiTokens, {
    authenticateUser: () => null,
    store: memoryTokenStore(),
    keys: [hs256Key()],
  })
  await app.ready()
  const rows = rowsOf('docs/reference/routes.md').filter(([first = '']) => first.includes('/tokens'))
  const said = rows.map(([first = '', , status]) => `${codeIn(first)[0]} ${status}`)
  t.same(said.toSorted(), routes.toSorted())
  const headings = [...read('docs/reference/routes.md').matchAll(/^## (\w+ \/.+)$/gm)].map(([, text]) => text)
  t.same(headings.toSorted(), routes.map((route) => route.replace(/ \d+$/, '')).toSorted())
})

t.test('every member of bodies, queries and answers is in routes.md', async (t) => {
  const { Token, IssuedToken, ListQuery, TokenList, newToken, TokenUpdate, rotation, Usage } = schemas
  const said = new Set(firstCells('docs/reference/routes.md'))
  const policy = readExpiry()
  for (const { properties } of [
    Token,
    IssuedToken,
    ListQuery,
    TokenList,
    newToken(policy),
    TokenUpdate,
    rotation(policy),
    schemas.RevokeQuery,
    schemas.usageQuery(90),
    Usage,
    Usage.properties.data.items,
  ]) {
    for (const name of Object.keys(properties)) t.ok(said.has(name), name)
  }
  const page = read('docs/reference/routes.md')
  for (const status of TOKEN_STATUSES) t.ok(page.includes(`\`${status}\``), status)
  for (const reason of REVOCATION_REASONS) t.ok(page.includes(`\`${reason}\``), reason)
  for (const sort of SORT_FIELDS) t.ok(page.includes(`\`-${sort}\``) && page.includes(`\`${sort}\``), sort)
})

t.test('every route for administrators is in administration.md with its success and members', async (t) => {
  const page = 'docs/reference/administration.md'
  const routes: string[] = []
  const app = Fastify()
  t.teardown(() => app.close())
  app.addHook('onRoute', ({ method, url, schema }) => {
    const [success] = Object.keys(schema?.response ?? {}).filter((status) => status.startsWith('2'))
    // The hidden routes for long ids have no response.
    if (method !== 'HEAD' && success !== undefined) routes.push(`${method} ${url} ${success}`)
  })
  const options = { store: memoryTokenStore(), keys: [hs256Key()], routes: false } as const
  await app.register(apiTokens, { ...options, admin: { authenticate: () => null } })
  await app.ready()
  const rows = rowsOf(page).filter(([first = '']) => first.includes('/admin/tokens'))
  const said = rows.map(([first = '', status]) => `${codeIn(first)[0]} ${status}`)
  t.same(said.toSorted(), routes.toSorted())
  const headings = [...read(page).matchAll(/^## (\w+ \/.+)$/gm)].map(([, text]) => text)
  t.same(headings.toSorted(), routes.map((route) => route.replace(/ \d+$/, '')).toSorted())
  const names = new Set([...read(page).matchAll(/`(\w+)`/g)].map(([, name]) => name))
  const own = new Set(Object.keys(schemas.Token.properties))
  const policy = readExpiry()
  for (const { properties } of [
    admin.AdminToken,
    admin.IssuedAdminToken,
    admin.SearchQuery,
    admin.AdminTokenList,
    admin.AdminScopeList,
    admin.newAdminToken(policy),
    admin.AdminTokenUpdate,
    admin.adminUsageQuery(90),
    admin.AdminRevokeQuery,
    admin.Revocation,
    admin.Revoked,
    admin.Owner,
    admin.OwnersQuery,
    admin.OwnerList,
  ])
    for (const name of Object.keys(properties)) t.ok(own.has(name) || names.has(name), name)
  for (const value of [...OWNER_STATUSES, ...REVOCATION_REASONS, ...SEARCH_SORTS, ...TOKEN_STATUSES])
    t.ok(read(page).includes(`\`${value}\``), value)
})

t.test('every claim is in claims.md, and no other', async (t) => {
  const issued = {
    ...{ id: '', userId: '', name: null, description: null, scopes: ['a'], status: 'active' as const },
    ...{
      statusReason: null,
      hint: '',
      kid: '',
      form: 'jwt' as const,
      seal: '',
      createdBy: { kind: 'code', id: null } as const,
      ...{ metadata: null, allowedIps: null, rateLimit: null },
      createdAt: 0,
      updatedAt: 0,
      expiresAt: 1,
    },
    ...{ lastUsedAt: null, idleFrom: 0, useCount: 0, scopesUsed: 0, lastClient: null, revokedAt: null },
    ...{ successorId: null, predecessorId: null, graceEndsAt: null },
  }
  const claims = Object.keys(claimsOf(issued, { issuer: 'i', audience: 'a' }, 'hash'))
  t.same(firstCells('docs/reference/claims.md').toSorted(), [...claims, 'alg', 'kid', 'typ'].toSorted())
})

t.test('every method of the store interface is in token-store.md', async (t) => {
  const said = new Set(firstCells('docs/reference/token-store.md').map((cell) => cell.replace(/\(.*/, '')))
  const members = membersOf('src/store/token-store.ts', 'TokenStore')
  t.ok(members.length >= 13, 'there are methods')
  for (const member of members) t.ok(said.has(member), member)
})

t.test('every method, event and count of the API for code is in code-api.md', async (t) => {
  const said = new Set(firstCells('docs/reference/code-api.md').map((cell) => cell.replace(/\(.*/, '')))
  const app = Fastify()
  t.teardown(() => app.close())
  await app.register(apiTokens, { routes: false, store: memoryTokenStore(), keys: [hs256Key()] })
  for (const member of Object.keys(app.apiTokens)) t.ok(said.has(member), member)
  for (const name of membersOf('src/lifecycle/token-events.ts', 'TokenEventMap')) t.ok(said.has(name), name)
  for (const name of membersOf('src/token/verified-token.ts', 'VerifiedToken')) t.ok(said.has(name), name)
  for (const [group, counts] of Object.entries(app.apiTokens.stats())) {
    for (const count of Object.keys(counts)) t.ok(said.has(`${group}.${count}`), `${group}.${count}`)
  }
  const page = read('docs/reference/code-api.md')
  for (const name of membersOf('src/lifecycle/api-token.ts', 'ApiToken'))
    t.ok(page.includes(`\`${name}\``), name)
})

t.test('every exported name is in docs/ and in the changelog', async (t) => {
  const names = entryFiles().flatMap(exportsOf)
  t.ok(names.length > 50, 'there are names')
  t.ok(
    Object.keys(await import('../../src/index.ts')).every(
      (name) => /\W|default/.test(name) || names.includes(name),
    ),
  )
  const docs = pages()
    .filter((page) => page.startsWith('docs/'))
    .map(read)
    .join('\n')
  for (const name of names) {
    t.ok(mentions(docs, name), `docs/ mentions ${name}`)
    t.ok(mentions(read('CHANGELOG.md'), name), `CHANGELOG.md mentions ${name}`)
  }
})

t.test('the changelog has a section for this version', async (t) => {
  const { version } = JSON.parse(read('package.json')) as { version: string }
  t.match(read('CHANGELOG.md'), new RegExp(`^## ${version.replaceAll('.', '\\.')}$`, 'm'))
})

t.test('the threat model goes through all sixteen promises', async (t) => {
  const numbers = [...read('docs/explanation/threat-model.md').matchAll(/^\*\*(\d+)\. /gm)]
  t.same(
    numbers.map(([, number]) => Number(number)),
    Array.from({ length: 16 }, (_, index) => index + 1),
  )
})

t.test('the commands of the README are scripts of the package', async (t) => {
  const { scripts } = JSON.parse(read('package.json')) as { scripts: Record<string, string> }
  for (const name of ['start', 'test', 'tour']) t.ok(scripts[name], name)
  for (const command of ['npm start', 'npm test', 'npm run tour'])
    t.ok(read('README.md').includes(`\`${command}\``))
})

/** The rows of the table of options, by the option's name. */
function optionRows(page: string): [string, readonly string[]][] {
  const table = tablesOf(page).find(([heading]) => heading?.[0] === 'option') ?? []
  return table.flatMap((row) => codeIn(row[0] ?? '').map((name): [string, readonly string[]] => [name, row]))
}

/** The names in the first column of a page's tables. */
function firstCells(page: string): readonly string[] {
  return rowsOf(page).flatMap(([first = '']) => codeIn(first))
}

/** Settings without the functions, which are new each time, and without the host's own. */
function comparable({ keys: _, authenticateUser: __, clock: ___, ...settings }: Settings): object {
  return settings
}

function isErrorClass(member: unknown): member is new (detail: string) => FastifyError {
  return typeof member === 'function' && member.prototype instanceof Error
}

function mentions(text: string, name: string): boolean {
  return new RegExp(`\\b${name}\\b`).test(text)
}

/** The sources of every entry of the package. */
function entryFiles(): string[] {
  const { exports } = JSON.parse(read('package.json')) as {
    exports: Record<string, string | { types: string }>
  }
  const built = Object.values(exports).flatMap((entry) => (typeof entry === 'string' ? [] : [entry.types]))
  return built.map((file) => file.replace('./dist/', 'src/').replace(/\.d\.ts$/, '.ts'))
}
