/** `tokens list | show | issue | revoke`: administers the tokens of all owners in a store. */

import { text as textOf } from 'node:stream/consumers'
import { adminTokenOnWire, timeFrom } from '../admin/admin-wire.ts'
import type { ApiToken } from '../lifecycle/api-token.ts'
import type { SearchRequest } from '../lifecycle/search-tokens.ts'
import { isTokenId } from '../token/claims.ts'
import { TOKEN_STATUSES, type TokenStatus } from '../token/status.ts'
import { REVOCATION_REASONS, type RevocationReason } from '../token/token.ts'
import { type Administration, administer, PLACE_OPTIONS } from './administration.ts'
import { readArguments, WrongCall } from './arguments.ts'
import { printJson, printTable } from './print-table.ts'
import type { Command, Terminal } from './terminal.ts'

export const TOKENS_USAGE = `  fastify-api-tokens tokens list   STORE [--user-id ID] [--created-by ID] [--name PREFIX] [--unused-since DATE]
                                         [--expires-before DATE] [--created-before DATE] [--status STATUS] [--scope SCOPE]
                                         [--limit 100] [--cursor CURSOR] [--json]
  fastify-api-tokens tokens show   STORE ID [--json]
  fastify-api-tokens tokens issue  STORE --user-id ID [--name NAME] [--scopes 'SCOPE …'] [--expires-in 30d] [--json]
  fastify-api-tokens tokens revoke STORE ID … [--reason leaked|unused|replaced|other] [--json]
    STORE is --store ADDRESS [--schema NAME] [--table-prefix PREFIX] [--keys FILE], or --config FILE with the host's options
    ID of show and revoke may be -: a credential from standard input, which needs --keys or --config, as issue does
    --by NAME says who runs the command, for the host's events`

const FILTERS = [
  'user-id',
  'created-by',
  'name',
  'unused-since',
  'expires-before',
  'created-before',
  'status',
  'scope',
] as const

const TEXTS = [...PLACE_OPTIONS, ...FILTERS, 'limit', 'cursor', 'scopes', 'expires-in', 'reason'] as const

type Texts = { readonly [Name in (typeof TEXTS)[number]]?: string }

interface TokensRequest {
  readonly texts: Texts
  readonly names: readonly string[]
  readonly json: boolean
}

interface Action {
  readonly options: readonly (typeof TEXTS)[number][]
  run(request: TokensRequest, terminal: Terminal): Promise<number>
}

const ACTIONS: Readonly<Record<string, Action>> = {
  list: { options: [...FILTERS, 'limit', 'cursor'], run: list },
  show: { options: [], run: show },
  issue: { options: ['user-id', 'name', 'scopes', 'expires-in'], run: issue },
  revoke: { options: ['reason'], run: revoke },
}

/** How many rows `list` prints without `--limit`. */
const DEFAULT_LIMIT = '100'
const MAX_PAGE = 100
/** Means a credential from standard input. */
const STDIN = '-'

export const tokensCommand: Command = async (args, terminal) => {
  const { texts, flags, names } = readArguments(args, { texts: TEXTS, flags: ['json'] })
  const [name, ...more] = names
  const action = name !== undefined && Object.hasOwn(ACTIONS, name) ? ACTIONS[name] : undefined
  if (name === undefined || action === undefined) {
    const fault = name === undefined ? 'tokens needs an action' : `there is no action ${name}`
    throw new WrongCall(`${fault}: ${Object.keys(ACTIONS).join(', ')}`)
  }
  const taken: readonly string[] = [...PLACE_OPTIONS, ...action.options]
  const other = Object.entries(texts).find(
    ([option, value]) => value !== undefined && !taken.includes(option),
  )
  if (other !== undefined) throw new WrongCall(`tokens ${name} takes no --${other[0]}`)
  return action.run({ texts, names: more, json: flags.has('json') }, terminal)
}

async function list({ texts, names, json }: TokensRequest, terminal: Terminal): Promise<number> {
  if (names.length > 0) throw new WrongCall(`tokens list takes no argument: ${names.join(' ')}`)
  const limit = limitOf(texts.limit)
  const filters = filtersOf(texts)
  return administer({ texts, needsKeys: false }, terminal, async ({ apiTokens }) => {
    const found: ApiToken[] = []
    let cursor: string | null = texts.cursor ?? null
    do {
      const count = Math.min(MAX_PAGE, limit - found.length)
      const page = await apiTokens.search({
        ...filters,
        limit: count,
        ...(cursor === null ? {} : { cursor }),
      })
      found.push(...page.data)
      cursor = page.nextCursor
    } while (cursor !== null && found.length < limit)
    if (json) printJson({ data: found.map(adminTokenOnWire), next_cursor: cursor }, terminal)
    else {
      printTokens(found, terminal)
      if (cursor !== null) terminal.warn(`there are more: --cursor ${cursor}`)
    }
    return 0
  })
}

async function show({ texts, names, json }: TokensRequest, terminal: Terminal): Promise<number> {
  const [id, ...more] = names
  if (id === undefined || more.length > 0) throw new WrongCall('tokens show takes one id')
  requireIds([id])
  return administer({ texts, needsKeys: id === STDIN }, terminal, async ({ apiTokens }) => {
    const token = id === STDIN ? await apiTokens.find(await credentialFromStdin()) : await apiTokens.get(id)
    if (token === null) {
      terminal.warn('no token of this store has this credential: its key may be retired')
      return 1
    }
    if (json) printJson(adminTokenOnWire(token), terminal)
    else printToken(token, terminal)
    return 0
  })
}

async function issue({ texts, names, json }: TokensRequest, terminal: Terminal): Promise<number> {
  if (names.length > 0) throw new WrongCall(`tokens issue takes no argument: ${names.join(' ')}`)
  const { 'user-id': userId, name, 'expires-in': expiresIn } = texts
  if (userId === undefined) throw new WrongCall('tokens issue needs --user-id: the owner')
  const scopes = texts.scopes?.split(' ').filter((scope) => scope !== '') ?? []
  return administer({ texts, needsKeys: true, scopes }, terminal, async ({ apiTokens, by }) => {
    const { token, credential } = await apiTokens.issue({
      ...{ userId, scopes, by },
      ...(name === undefined ? {} : { name }),
      ...(expiresIn === undefined ? {} : { expiresIn }),
    })
    if (json) printJson({ ...adminTokenOnWire(token), token: credential }, terminal)
    else {
      terminal.warn('The credential is shown only now:')
      terminal.print(credential)
    }
    return 0
  })
}

async function revoke({ texts, names, json }: TokensRequest, terminal: Terminal): Promise<number> {
  if (names.length === 0) throw new WrongCall('tokens revoke needs an id')
  requireIds(names)
  const reason = reasonOf(texts.reason)
  const needsKeys = names.includes(STDIN)
  return administer({ texts, needsKeys }, terminal, async (administration) => {
    const { print, warn } = terminal
    const revoked: ApiToken[] = []
    let failures = 0
    for (const id of names) {
      try {
        const token = await revokeOne(administration, id, reason)
        revoked.push(token)
        if (!json) print(`${token.id} is revoked`)
      } catch (error) {
        failures += 1
        warn(`${id === STDIN ? 'the credential' : id}: ${error instanceof Error ? error.message : error}`)
      }
    }
    if (json) printJson({ data: revoked.map(adminTokenOnWire) }, terminal)
    return failures === 0 ? 0 : 1
  })
}

/** An argument that is no id is not repeated: it may be a credential. */
function requireIds(names: readonly string[]): void {
  const wrong = names.findIndex((name) => name !== STDIN && !isTokenId(name))
  if (wrong !== -1)
    throw new WrongCall(
      `argument ${wrong + 1} is not the id of a token: pass a credential by standard input, as -`,
    )
  if (names.filter((name) => name === STDIN).length > 1)
    throw new WrongCall('standard input has one credential: give - once')
}

async function revokeOne(
  { apiTokens, by }: Administration,
  id: string,
  reason: RevocationReason | undefined,
): Promise<ApiToken> {
  if (id !== STDIN) return apiTokens.revoke(id, { by, reason })
  const token = await apiTokens.revokeCredential(await credentialFromStdin(), { by, reason })
  if (token === null) throw new Error('no token of this store has it: its key may be retired')
  return token
}

/** Not an argument, because other users of the machine see the arguments of a process. */
async function credentialFromStdin(): Promise<string> {
  return (await textOf(process.stdin)).trim()
}

function filtersOf(texts: Texts): SearchRequest {
  const { 'user-id': userId, 'created-by': createdBy, name, scope } = texts
  const given = {
    ...{ userId, createdBy, name, scope },
    unusedSince: dateOf(texts, 'unused-since'),
    expiresBefore: dateOf(texts, 'expires-before'),
    createdBefore: dateOf(texts, 'created-before'),
    status: statusOf(texts.status),
  }
  return Object.fromEntries(Object.entries(given).filter(([, value]) => value !== undefined))
}

function dateOf(texts: Texts, name: 'unused-since' | 'expires-before' | 'created-before'): Date | undefined {
  try {
    return timeFrom(`--${name}`, texts[name])
  } catch (error) {
    throw new WrongCall(error instanceof Error ? error.message : String(error))
  }
}

function statusOf(text: string | undefined): TokenStatus | undefined {
  const status = TOKEN_STATUSES.find((known) => known === text)
  if (text !== undefined && status === undefined)
    throw new WrongCall(`--status must be one of ${TOKEN_STATUSES.join(', ')}`)
  return status
}

/** The number of rows of a list. */
export function limitOf(text = DEFAULT_LIMIT): number {
  if (/^[1-9]\d{0,5}$/.test(text)) return Number(text)
  throw new WrongCall('--limit must be a whole number from 1 to 999999')
}

export function reasonOf(text: string | undefined): RevocationReason | undefined {
  const reason = REVOCATION_REASONS.find((known) => known === text)
  if (text !== undefined && reason === undefined)
    throw new WrongCall(`--reason must be one of ${REVOCATION_REASONS.join(', ')}`)
  return reason
}

function printTokens(tokens: readonly ApiToken[], terminal: Terminal): void {
  if (tokens.length === 0) return terminal.warn('no token matches')
  printTable(
    [
      ['ID', 'OWNER', 'NAME', 'STATUS', 'HINT', 'LAST USED', 'EXPIRES'],
      ...tokens.map((token) => [
        ...[token.id, token.userId, token.name ?? '-', token.status, token.hint],
        ...[dayOf(token.lastUsedAt) ?? 'never', dayOf(token.expiresAt) ?? 'never'],
      ]),
    ],
    terminal,
  )
}

function printToken(token: ApiToken, terminal: Terminal): void {
  const rows = Object.entries(adminTokenOnWire(token)).map(([name, value]) => [
    name,
    typeof value === 'string' ? value : JSON.stringify(value),
  ])
  printTable(rows, terminal)
}

function dayOf(time: Date | null): string | null {
  return time === null ? null : time.toISOString().slice(0, 10)
}
