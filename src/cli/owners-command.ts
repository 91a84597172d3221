/** `owners list | deactivate | reactivate | remove | revoke`: administers the owners of tokens in a store. */

import { type Administration, administer, PLACE_OPTIONS } from './administration.ts'
import { readArguments, WrongCall } from './arguments.ts'
import { printJson, printTable } from './print-table.ts'
import type { Command, Terminal } from './terminal.ts'
import { limitOf, reasonOf } from './tokens-command.ts'

export const OWNERS_USAGE = `  fastify-api-tokens owners list       STORE [--prefix TEXT] [--limit 100] [--cursor CURSOR] [--json]
  fastify-api-tokens owners deactivate STORE ID [--json]
  fastify-api-tokens owners reactivate STORE ID [--json]
  fastify-api-tokens owners remove     STORE ID [--json]
  fastify-api-tokens owners revoke     STORE ID [--reason leaked|unused|replaced|other] [--json]
    deactivate suspends all tokens of the owner, remove ends them and the owner, revoke ends them and the owner stays active`

const TEXTS = [...PLACE_OPTIONS, 'prefix', 'limit', 'cursor', 'reason'] as const

type Texts = { readonly [Name in (typeof TEXTS)[number]]?: string }

/** What a change did, as a line and as JSON. */
interface Done {
  readonly line: string
  readonly json: object
}

type Change = (administration: Administration, userId: string, texts: Texts) => Promise<Done>

const CHANGES: Readonly<Record<string, Change>> = {
  deactivate: async ({ apiTokens, by }, userId) => {
    await apiTokens.deactivateUser(userId, { by })
    return { line: 'is deactivated', json: { user_id: userId, status: 'inactive' } }
  },
  reactivate: async ({ apiTokens, by }, userId) => {
    await apiTokens.reactivateUser(userId, { by })
    return { line: 'is active', json: { user_id: userId, status: 'active' } }
  },
  remove: async ({ apiTokens, by }, userId) => {
    await apiTokens.removeUser(userId, { by })
    return { line: 'is removed', json: { user_id: userId, status: 'removed' } }
  },
  revoke: async ({ apiTokens, by }, userId, { reason }) => {
    const { revoked } = await apiTokens.revokeAll({ userId, by, reason: reasonOf(reason) })
    return { line: `has no valid token any more (${revoked ?? 'more than 1,000'} ended)`, json: { revoked } }
  },
}

const MAX_PAGE = 100

export const ownersCommand: Command = async (args, terminal) => {
  const { texts, flags, names } = readArguments(args, { texts: TEXTS, flags: ['json'] })
  const [name, ...ids] = names
  const json = flags.has('json')
  if (name === 'list') {
    requireTaken(name, texts, ['prefix', 'limit', 'cursor'])
    if (ids.length > 0) throw new WrongCall(`owners list takes no argument: ${ids.join(' ')}`)
    return list(texts, json, terminal)
  }
  const change = name !== undefined && Object.hasOwn(CHANGES, name) ? CHANGES[name] : undefined
  if (name === undefined || change === undefined) {
    const fault = name === undefined ? 'owners needs an action' : `there is no action ${name}`
    throw new WrongCall(`${fault}: list, ${Object.keys(CHANGES).join(', ')}`)
  }
  requireTaken(name, texts, name === 'revoke' ? ['reason'] : [])
  const [userId, ...more] = ids
  if (userId === undefined || userId === '' || more.length > 0)
    throw new WrongCall(`owners ${name} takes one id`)
  reasonOf(texts.reason)
  return administer({ texts, needsKeys: false }, terminal, async (administration) => {
    const done = await change(administration, userId, texts)
    if (json) printJson(done.json, terminal)
    else printTable([[userId, done.line]], terminal)
    return 0
  })
}

function requireTaken(name: string, texts: Texts, options: readonly string[]): void {
  const taken: readonly string[] = [...PLACE_OPTIONS, ...options]
  const other = Object.entries(texts).find(
    ([option, value]) => value !== undefined && !taken.includes(option),
  )
  if (other !== undefined) throw new WrongCall(`owners ${name} takes no --${other[0]}`)
}

async function list(texts: Texts, json: boolean, terminal: Terminal): Promise<number> {
  const limit = limitOf(texts.limit)
  const prefix = texts.prefix === undefined ? {} : { prefix: texts.prefix }
  return administer({ texts, needsKeys: false }, terminal, async ({ owners }) => {
    const rows: (readonly [userId: string, status: string])[] = []
    let cursor: string | null = texts.cursor ?? null
    do {
      const count = Math.min(MAX_PAGE, limit - rows.length)
      const page = await owners({ ...prefix, limit: count, ...(cursor === null ? {} : { cursor }) })
      rows.push(...page.data.map(({ userId, status }) => [userId, status] as const))
      cursor = page.nextCursor
    } while (cursor !== null && rows.length < limit)
    if (json) {
      const data = rows.map(([user_id, status]) => ({ user_id, status }))
      printJson({ data, next_cursor: cursor }, terminal)
    } else {
      printTable([['OWNER', 'STATUS'], ...rows], terminal)
      if (cursor !== null) terminal.warn(`there are more: --cursor ${cursor}`)
    }
    return 0
  })
}
