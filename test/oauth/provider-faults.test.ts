/** A provider that is slow, wrong, changed or unavailable: each case ends in bounded time and is not a client error. */

import { generateKeyPairSync } from 'node:crypto'
import type { ServerResponse } from 'node:http'
import t, { type Test } from 'tap'
import { systemClock } from '../../src/clock.ts'
import type { ApiTokensOptions } from '../../src/index.ts'
import { startHost } from '../support/host.ts'
import { form } from './oauth-host.ts'
import {
  AUDIENCE,
  type FaultyProvider,
  json,
  type ProviderKey,
  providerKey,
  startFaultyProvider,
  startProvider,
} from './provider.ts'

const EXCHANGE = 'urn:ietf:params:oauth:grant-type:token-exchange'

async function start(
  t: Test,
  issuer: string,
  user: () => never | { id: string } = () => ({ id: 'ada' }),
  log?: (line: string) => void,
) {
  const options: ApiTokensOptions = {
    ...{ issuer: 'https://app.example.com', clock: systemClock },
    oauth: {
      clients: [{ client_id: 'ci', token_endpoint_auth_method: 'none', grant_types: [EXCHANGE] }],
      trustedIssuers: [{ issuer, audience: AUDIENCE, user }],
    },
  }
  const { app } = await startHost(t, options, undefined, log)
  return async (subject_token: string) =>
    app.inject(
      form('/oauth2/token', {
        ...{ grant_type: EXCHANGE, client_id: 'ci', subject_token },
        subject_token_type: 'urn:ietf:params:oauth:token-type:access_token',
      }),
    )
}

const isMetadata = (path: string) => path.endsWith('openid-configuration')
const isKeys = (path: string) => path.endsWith('/jwks')

/** Each by what the provider does where it is asked for metadata, and where for keys. */
const FAULTS: Record<string, (response: ServerResponse, provider: FaultyProvider) => unknown> = {
  'answers 500': (response) => response.writeHead(500).end('oops'),
  'answers with a page': (response) => response.end('<!doctype html>'),
  'answers with null': (response) => json(response, null),
  'hangs up': (response) => response.destroy(),
  'breaks off': (response) => {
    response.writeHead(200, { 'content-length': '1000' })
    response.write('{"keys":[')
    setTimeout(() => response.destroy(), 20)
  },
  'sends the client elsewhere': (response, { issuer }) =>
    response.writeHead(302, { location: `${issuer}/elsewhere` }).end(),
}

for (const [what, fault] of Object.entries(FAULTS)) {
  for (const [where, isThere] of [
    ['metadata', isMetadata],
    ['keys', isKeys],
  ] as const) {
    t.test(`a provider that ${what} for its ${where} is 503 with Retry-After`, async (t) => {
      const provider = await startFaultyProvider(t)
      const exchange = await start(t, provider.issuer)
      provider.answer = (path, response) => {
        if (isThere(path)) fault(response, provider)
        return isThere(path)
      }
      const answer = await exchange(await provider.sign())
      t.equal(answer.statusCode, 503)
      t.equal(answer.headers['retry-after'], '5')
      t.match(answer.json(), { error: 'temporarily_unavailable' })
      t.notOk(provider.asked.has('/elsewhere'), 'no redirect is followed')
    })
  }
}

for (const isThere of [isMetadata, isKeys]) {
  t.test(`a provider that answers slowly for its ${isThere.name} is 503 within six seconds`, async (t) => {
    const provider = await startFaultyProvider(t)
    const exchange = await start(t, provider.issuer)
    provider.answer = (path, response) => {
      if (!isThere(path)) return false
      response.writeHead(200)
      // One byte at a time: the time limit covers the body, too.
      const drip = setInterval(() => response.write(' '), 100)
      response.on('close', () => clearInterval(drip))
      return true
    }
    const began = Date.now()
    t.equal((await exchange(await provider.sign())).statusCode, 503)
    t.ok(Date.now() - began < 6_000)
  })

  t.test(`a huge body for its ${isThere.name} is not read to its end`, async (t) => {
    const provider = await startFaultyProvider(t)
    const exchange = await start(t, provider.issuer)
    let sent = 0
    provider.answer = (path, response) => {
      if (!isThere(path)) return false
      const more = () => {
        while (!response.destroyed && sent < 50_000_000) {
          sent += 65_536
          if (!response.write(' '.repeat(65_536))) return void response.once('drain', more)
        }
      }
      more()
      return true
    }
    t.equal((await exchange(await provider.sign())).statusCode, 503)
    t.ok(sent < 25_000_000, `${sent} bytes were sent`)
  })
}

t.test('an unavailable provider is 503, and works again when it is back', async (t) => {
  const key = providerKey()
  const first = await startProvider(t, { key })
  const port = Number(new URL(first.issuer).port)
  const token = await first.accessToken()
  await first.close()
  const exchange = await start(t, first.issuer)
  t.equal((await exchange(token)).statusCode, 503)
  await startProvider(t, { key, port })
  t.equal((await exchange(token)).statusCode, 503, 'no further request is sent at once')
  await new Promise((go) => setTimeout(go, 5_100))
  t.equal((await exchange(token)).statusCode, 200)
})

t.test('cached keys work while the provider is unavailable', async (t) => {
  const provider = await startFaultyProvider(t)
  const exchange = await start(t, provider.issuer)
  t.equal((await exchange(await provider.sign())).statusCode, 200)
  await provider.close()
  t.equal((await exchange(await provider.sign())).statusCode, 200)
})

t.test('rotated keys are fetched again, and until then an unknown key is 503', async (t) => {
  const first = await startProvider(t)
  const exchange = await start(t, first.issuer)
  t.equal((await exchange(await first.accessToken())).statusCode, 200)
  await first.close()
  const second = await startProvider(t, { port: Number(new URL(first.issuer).port) })
  const rotated = await second.accessToken()
  t.equal((await exchange(rotated)).statusCode, 503, 'too early to ask again: no 400')
  await new Promise((go) => setTimeout(go, 5_100))
  t.equal((await exchange(rotated)).statusCode, 200)
})

t.test('an unknown key is 400 after the keys were fetched again', async (t) => {
  const provider = await startFaultyProvider(t)
  const exchange = await start(t, provider.issuer)
  const answer = await exchange(await provider.sign({}, {}, providerKey()))
  t.equal(answer.statusCode, 400)
  t.match(answer.json(), { error: 'invalid_request' })
})

const weak = generateKeyPairSync('rsa', { modulusLength: 1024 }).publicKey.export({ format: 'jwk' })

for (const [what, alg, fault, rest] of [
  ['an RSA key of 1,024 bits', 'RS256', /must be of at least 2048 bits/, weak],
  ['a key that is no point of its curve', 'ES256', /is not a usable key/, { x: 'AAAA' }],
  ['a key that lacks a member', 'ES256', /is not a usable key/, { y: undefined }],
] as const) {
  t.test(
    `RFC 7517 §5: ${what} is 500 with a log line for its tokens, and does not affect other keys`,
    async (t) => {
      const provider = await startFaultyProvider(t)
      const lines: string[] = []
      const exchange = await start(t, provider.issuer, undefined, (line) => lines.push(line))
      const good = await provider.sign()
      const [key] = provider.keys
      const bad = { ...(alg === 'RS256' ? {} : key), kid: 'bad', ...rest } as ProviderKey
      provider.keys = [...provider.keys, bad]
      const header = Buffer.from(JSON.stringify({ alg, kid: 'bad', typ: 'at+jwt' })).toString('base64url')
      const answer = await exchange(good.replace(/^[^.]+/, header))
      t.equal(answer.statusCode, 500)
      t.match(answer.json(), {
        error: 'server_error',
        error_description: /^The keys of http.* cannot be used/,
      })
      const named = lines.filter((line) => line.includes(`the key bad of ${provider.issuer}`))
      t.equal(named.length, 1)
      t.match(named[0], fault)
      t.equal((await exchange(good)).statusCode, 200)
    },
  )
}

t.test('concurrent exchanges share one request for metadata and one for keys', async (t) => {
  const provider = await startFaultyProvider(t)
  const exchange = await start(t, provider.issuer)
  const token = await provider.sign()
  const answers = await Promise.all(Array.from({ length: 10 }, () => exchange(token)))
  t.ok(answers.every(({ statusCode }) => statusCode === 200))
  t.same([...provider.asked.values()], [1, 1])
})

for (const [why, metadata] of [
  ['names another issuer', { issuer: 'https://evil.example' }],
  ['names no keys', { jwks_uri: undefined }],
  ['names keys that anyone on the way can change', { jwks_uri: 'http://evil.example/jwks' }],
] as const) {
  t.test(`OpenID Connect Discovery 1.0 §4.3: metadata that ${why} is not used`, async (t) => {
    const provider = await startFaultyProvider(t)
    const lines: string[] = []
    const exchange = await start(t, provider.issuer, undefined, (line) => lines.push(line))
    provider.answer = (path, response) =>
      isMetadata(path) &&
      json(response, { issuer: provider.issuer, jwks_uri: `${provider.issuer}/jwks`, ...metadata })
    const answer = await exchange(await provider.sign())
    t.equal(answer.statusCode, 500, 'waiting does not correct it')
    t.match(answer.json(), { error: 'server_error' })
    t.ok(lines.some((line) => line.includes(`the metadata of ${provider.issuer}`)))
  })
}

t.test('RFC 8414 §3: a provider without OpenID Connect is found too, below a path', async (t) => {
  const provider = await startFaultyProvider(t, '/realms/acme')
  const exchange = await start(t, provider.issuer)
  const { issuer } = provider
  provider.answer = (path, response) => {
    if (isMetadata(path)) return response.writeHead(404).end() instanceof Object
    if (path !== '/.well-known/oauth-authorization-server/realms/acme') return false
    return json(response, { issuer, jwks_uri: `${issuer}/jwks` })
  }
  t.equal((await exchange(await provider.sign())).statusCode, 200)
})

t.test('an error of the host’s user() is 503, an invalid result is 500', async (t) => {
  const provider = await startFaultyProvider(t)
  const fail = () => {
    throw new Error('the database is gone')
  }
  for (const [user, status, error] of [
    [fail, 503, 'temporarily_unavailable'],
    [async () => fail(), 503, 'temporarily_unavailable'],
    [() => ({ id: '' }), 500, 'server_error'],
    [() => ({ id: 7 }), 500, 'server_error'],
    [() => ({ id: 'ada', scopes: 'all' }), 500, 'server_error'],
    [() => ({ id: 'ada', scopes: [7] }), 500, 'server_error'],
    [() => ({ id: 'ada', scope: ['models:read'] }), 500, 'server_error'],
    [() => 'ada', 500, 'server_error'],
    [() => ['ada'], 500, 'server_error'],
    [() => undefined, 500, 'server_error'],
  ] as const) {
    const exchange = await start(t, provider.issuer, user as never)
    const answer = await exchange(await provider.sign())
    t.equal(answer.statusCode, status)
    t.match(answer.json(), { error })
    t.notMatch(answer.body, 'database')
  }
})
