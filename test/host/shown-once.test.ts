/**
 * Promises 1 and 2 over a whole life: a host with a log stream and an SQLite file goes through every operation and
 * every error, and then its logs, events, answers and files are searched for the secret.
 */

import { createHash } from 'node:crypto'
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import Fastify, { type InjectOptions } from 'fastify'
import t, { type Test } from 'tap'
import apiTokens, {
  type ApiTokensOptions,
  requireScopes,
  type TokenEventName,
  verifyApiToken,
} from '../../src/index.ts'
import { sqliteTokenStore } from '../../src/store/kysely/dialects/sqlite/sqlite-token-store.ts'
import { manualClock } from '../../src/testing/index.ts'
import { decodeBase32 } from '../../src/token/base32.ts'
import { countingStore } from '../support/counting-store.ts'
import { START } from '../support/host.ts'
import { hs256Key } from '../support/keys.ts'

const events: readonly TokenEventName[] = ['issued', 'updated', 'revoked', 'idle', 'rejected']

/** Everything that would give a credential away, or let anyone test a guess of it. */
function secretsOf(credential: string): Record<string, string | Buffer> {
  const digest = createHash('sha256').update(credential).digest()
  return {
    credential,
    'its digest': digest,
    'its digest in hexadecimal': digest.toString('hex'),
    'its digest in base64url': digest.toString('base64url'),
    'its digest in base64': digest.toString('base64'),
    ...(credential.includes('.') ? secretsOfJwt(credential) : secretsOfCompact(credential)),
  }
}

function secretsOfCompact(credential: string): Record<string, string | Buffer> {
  const mac = credential.slice(-32)
  const bytes = Buffer.alloc(20)
  const isBase32 = decodeBase32(mac, 0, bytes)
  return {
    'its MAC': mac,
    'half its MAC': mac.slice(0, 16),
    'the end of its MAC': mac.slice(-12),
    'its text before the MAC': credential.slice(0, -32),
    ...(isBase32 ? { 'its MAC as bytes': bytes, 'its MAC in hexadecimal': bytes.toString('hex') } : {}),
  }
}

function secretsOfJwt(credential: string): Record<string, string | Buffer> {
  const jwt = credential.slice(credential.indexOf('eyJ'))
  const [header = '', payload = '', signature = ''] = jwt.split('.')
  const digestOfJwt = createHash('sha256').update(jwt).digest()
  return {
    'its header and payload': `${header}.${payload}`,
    'its payload': payload,
    'its signature': signature,
    'half its signature': signature.slice(0, Math.ceil(signature.length / 2)),
    'the end of its signature': signature.slice(-12),
    'its signature as bytes': Buffer.from(signature, 'base64url'),
    'its signature in hexadecimal': Buffer.from(signature, 'base64url').toString('hex'),
    'its signature in base64': Buffer.from(signature, 'base64url').toString('base64'),
    'the digest of its JWT': digestOfJwt.toString('hex'),
    'the digest of its JWT in base64url': digestOfJwt.toString('base64url'),
  }
}

function foundIn(haystack: Buffer, secrets: Record<string, string | Buffer>): string[] {
  return Object.entries(secrets).flatMap(([name, secret]) => (haystack.includes(secret) ? [name] : []))
}

async function wholeLife(t: Test, options: Pick<ApiTokensOptions, 'credentials' | 'tokenPrefix'>) {
  const folder = t.testdir()
  const store = countingStore(sqliteTokenStore({ filename: join(folder, 'tokens.db') }))
  const clock = manualClock(START)
  const logged: string[] = []
  const emitted: unknown[] = []
  const answers: string[] = []
  const app = Fastify({ logger: { level: 'trace', stream: { write: (line: string) => logged.push(line) } } })
  t.teardown(() => app.close())
  const key = hs256Key()
  await app.register(apiTokens, {
    store,
    keys: [key],
    clock,
    ...options,
    authenticateUser: ({ headers }) => (headers.cookie === undefined ? null : { id: headers.cookie }),
  })
  for (const name of events) app.apiTokens.events.on(name, (event: unknown) => emitted.push([name, event]))
  app.apiTokens.events.on('issued', () => {
    throw new Error('a listener that fails')
  })
  app.get('/protected', { onRequest: verifyApiToken }, async ({ apiToken, log }) => {
    log.info({ apiToken }, 'the part of a token that a host may log')
    return { apiToken }
  })
  app.get('/admin', { preHandler: requireScopes('admin') }, async () => ({}))
  app.get('/broken', { preHandler: verifyApiToken }, async () => {
    throw new Error('the host itself fails')
  })
  await app.listen({ host: '127.0.0.1', port: 0 })

  const ask = async (request: InjectOptions) => {
    const response = await app.inject(request)
    answers.push(JSON.stringify(response.headers) + response.body)
    return response
  }
  const asAda = (request: InjectOptions): InjectOptions => ({ ...request, headers: { cookie: 'ada' } })
  const bearer = (credential: string, url = '/protected'): InjectOptions => ({
    url,
    headers: { authorization: `Bearer ${credential}` },
  })
  const issued: { id: string; token: string }[] = []
  for (const payload of [{ name: 'ci' }, { scopes: ['admin'] }, { expires_in: 60 }, {}, {}]) {
    // The one answer that holds a credential is not among the answers that are searched.
    const response = await app.inject({ method: 'POST', url: '/tokens', headers: { cookie: 'ada' }, payload })
    issued.push(response.json())
  }
  const byCode = await app.apiTokens.issue({ userId: 'ada', name: 'by code' })
  const credentials = [...issued.map(({ token }) => token), byCode.credential]
  emitted.push(await app.apiTokens.list({ userId: 'ada' }), app.apiTokens.stats())
  const forged = credentials.flatMap((credential) => [
    `${credential.slice(0, -10)}AAAAAAAAAA`,
    `${credential}extended`,
    `${credential}${'A'.repeat(5000)}`,
  ])

  for (const credential of [...credentials, ...credentials, ...forged]) {
    for (const url of ['/protected', '/admin', '/broken', '/tokens', '/tokens/current', '/nowhere']) {
      await ask(bearer(credential, url))
    }
    await ask(bearer(`${credential} ${credential}`))
    await ask({ method: 'POST', ...bearer(credential, '/tokens') })
    await app.apiTokens.verify(credential).catch((error: unknown) => emitted.push(describe(error)))
  }
  const [first, second, third, fourth, fifth] = issued
  await ask(asAda({ url: '/tokens' }))
  await ask(asAda({ url: `/tokens/${first?.id}` }))
  await ask(asAda({ method: 'PATCH', url: `/tokens/${first?.id}`, payload: { name: 'new' } }))
  await ask(asAda({ method: 'PATCH', url: `/tokens/${first?.id}`, payload: { status: 'inactive' } }))
  await ask(asAda({ method: 'DELETE', url: `/tokens/${second?.id}` }))
  await ask({ method: 'DELETE', ...bearer(fourth?.token ?? '', '/tokens/current') })
  await ask(asAda({ method: 'POST', url: '/tokens', payload: { owner: 'x' } }))
  await app.apiTokens.flush()
  for (const credential of credentials) await ask(bearer(credential))
  store.outage = new Error('the disk is gone')
  app.apiTokens.invalidateUser('ada')
  for (const credential of credentials) await ask(bearer(credential))
  await ask(asAda({ method: 'POST', url: '/tokens' }))
  await app.apiTokens.flush().catch((error: unknown) => emitted.push(describe(error)))
  store.outage = undefined
  clock.advance('31d')
  for (const { token } of [third, fifth].flatMap((one) => one ?? [])) await ask(bearer(token))
  await app.apiTokens.sweep()
  await app.apiTokens.deactivateUser('ada')
  for (const credential of credentials) await ask(bearer(credential))
  await app.apiTokens.removeUser('ada')
  for (const credential of credentials) await ask(bearer(credential))
  return { app, folder, key, credentials, forged, logged, emitted, answers }
}

function describe(error: unknown): unknown {
  return error instanceof Error ? { ...error, message: error.message, stack: error.stack } : error
}

/** Each file of the folder, the write-ahead log among them while the database is open. */
function filesOf(folder: string): [name: string, bytes: Buffer][] {
  return readdirSync(folder).map((name) => [name, readFileSync(join(folder, name))])
}

for (const [what, options] of [
  ['a JWT', { tokenPrefix: '' }],
  ['a JWT with a prefix', { tokenPrefix: 'bodhi_' }],
  ['a compact credential', { credentials: 'compact', tokenPrefix: 'bodhi_' }],
] as const) {
  t.test(`promise 1: ${what} is shown once, and nowhere after it`, async (t) => {
    const { credentials, forged, logged, emitted, answers } = await wholeLife(t, options)
    t.ok(logged.length > 200 && emitted.length > 20 && answers.length > 100, 'there is something to search')
    const names = new Set(emitted.filter(Array.isArray).map(([name]) => name))
    t.same(names, new Set(events), 'every event was emitted')
    for (const [place, text] of [
      ['logs', logged.join('')],
      ['events and errors', JSON.stringify(emitted)],
      ['answers', answers.join('\n')],
    ] as const) {
      const haystack = Buffer.from(text)
      for (const credential of [...credentials, ...forged])
        t.same(foundIn(haystack, secretsOf(credential)), [], place)
    }
  })

  t.test(`promise 2: a stolen database is useless: ${what}`, async (t) => {
    const { app, folder, key, credentials } = await wholeLife(t, options)
    const search = (moment: string) => {
      for (const [name, bytes] of filesOf(folder)) {
        for (const credential of credentials) {
          t.same(foundIn(bytes, secretsOf(credential)), [], `${name}, ${moment}`)
        }
        const secret = String(key['k'])
        t.same(foundIn(bytes, { secret, bytes: Buffer.from(secret, 'base64url') }), [], `no key in ${name}`)
      }
    }
    t.ok(
      filesOf(folder).some(([name, bytes]) => name.endsWith('-wal') && bytes.includes('by code')),
      'the write-ahead log holds the rows and is searched',
    )
    search('open')
    await app.close()
    t.ok(filesOf(folder).some(([, bytes]) => bytes.includes('by code')))
    search('closed')
  })
}
