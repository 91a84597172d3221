/** Which `Origin` is the request's own, for browsers without Fetch Metadata (RFC 6454 §5, RFC 9110 §4.2.3). */

import { once } from 'node:events'
import { connect } from 'node:http2'
import { request as httpsRequest } from 'node:https'
import type { AddressInfo } from 'node:net'
import Fastify, { type FastifyInstance, type FastifyServerOptions } from 'fastify'
import t, { type Test } from 'tap'
import apiTokens, { type ApiTokensOptions } from '../../src/index.ts'
import { memoryTokenStore } from '../../src/store/memory/memory-token-store.ts'
import { hs256Key } from '../support/keys.ts'
import { anonymousTls } from '../support/tls.ts'

type Headers = Record<string, string>

const options = (): ApiTokensOptions => ({
  store: memoryTokenStore(),
  keys: [hs256Key()],
  authenticateUser: () => ({ id: 'ada' }),
  trustedOrigins: ['https://trusted.example'],
})

async function startHost(t: Test, server: FastifyServerOptions = {}): Promise<FastifyInstance> {
  const app = Fastify(server)
  t.teardown(() => app.close())
  await app.register(apiTokens, options())
  return app
}

const OWN = 201
const OTHER = 403

/** The status of the response to a change. */
async function statusOf(app: FastifyInstance, headers: Headers): Promise<number> {
  return (await app.inject({ method: 'POST', url: '/tokens', headers })).statusCode
}

async function answers(
  t: Test,
  app: FastifyInstance,
  cases: readonly (readonly [host: string, origin: string, status: number, headers?: Headers])[],
) {
  for (const [host, origin, status, headers = {}] of cases) {
    const name = `Host: ${host}, Origin: ${origin} ${JSON.stringify(headers)}`
    t.equal(await statusOf(app, { host, origin, ...headers }), status, name)
  }
}

t.test('host and port are compared in normalized form', async (t) => {
  const app = await startHost(t)
  await answers(t, app, [
    ['app.example.com', 'https://app.example.com', OWN],
    ['app.example.com', 'http://app.example.com', OWN],
    // A port that is missing in Host is the default of the scheme of Origin.
    ['app.example.com:443', 'https://app.example.com', OWN],
    ['app.example.com:80', 'http://app.example.com', OWN],
    ['app.example.com', 'https://app.example.com:443', OWN],
    ['app.example.com', 'http://app.example.com:80', OWN],
    ['app.example.com:', 'https://app.example.com', OWN],
    ['app.example.com:80', 'https://app.example.com', OTHER],
    ['app.example.com:443', 'http://app.example.com', OTHER],
    ['app.example.com:8443', 'https://app.example.com:8443', OWN],
    ['app.example.com:08443', 'https://app.example.com:8443', OWN],
    ['app.example.com:8443', 'https://app.example.com', OTHER],
    ['app.example.com', 'https://app.example.com:8443', OTHER],
    ['app.example.com:8443', 'https://app.example.com:8444', OTHER],
    // Capitals.
    ['APP.Example.COM', 'https://app.example.com', OWN],
    ['App.Example.com:443', 'https://app.example.com', OWN],
    ['app.example.com', 'HTTPS://APP.EXAMPLE.COM', OWN],
    ['bücher.example', 'https://xn--bcher-kva.example', OTHER],
    ['xn--bcher-kva.example', 'https://xn--bcher-kva.example', OWN],
    // Addresses.
    ['127.0.0.1:3000', 'http://127.0.0.1:3000', OWN],
    ['127.0.0.1:3000', 'http://localhost:3000', OTHER],
    ['[::1]:3000', 'http://[::1]:3000', OWN],
    ['[::1]', 'https://[::1]', OWN],
    ['[0:0:0:0:0:0:0:1]:3000', 'http://[::1]:3000', OWN],
    ['[2001:DB8::1]:443', 'https://[2001:db8::1]', OWN],
    ['[::1]:3000', 'http://[::2]:3000', OTHER],
    ['[::1]:3000', 'http://[::1]', OTHER],
  ])
})

t.test('an Origin or Host that is not valid never matches', async (t) => {
  const app = await startHost(t)
  await answers(t, app, [
    ['app.example.com', 'null', OTHER],
    ['app.example.com', '', OTHER],
    ['app.example.com', 'app.example.com', OTHER],
    ['app.example.com', 'chrome-extension://app.example.com', OTHER],
    ['app.example.com', 'ftp://app.example.com', OTHER],
    ['app.example.com', 'https://evil.example@app.example.com', OTHER],
    ['app.example.com', 'https://app.example.com@evil.example', OTHER],
    ['app.example.com', 'https://app.example.com/path', OTHER],
    ['app.example.com', 'https://app.example.com, https://evil.example', OTHER],
    ['app.example.com', 'https://app.example.com https://evil.example', OTHER],
    ['evil.example\\@app.example.com', 'https://evil.example', OTHER],
    ['evil.example/app.example.com', 'https://evil.example', OTHER],
    ['evil.example#app.example.com', 'https://evil.example', OTHER],
    ['evil.example?app.example.com', 'https://evil.example', OTHER],
    ['app.example.com@evil.example', 'https://evil.example', OTHER],
    ['app.example.com:x', 'https://app.example.com', OTHER],
    ['app.example.com.', 'https://app.example.com', OTHER],
    ['app%2Eexample.com', 'https://app.example.com', OTHER],
    ['app.example.com', 'https://app%2Eexample.com', OTHER],
  ])
})

t.test('a trusted origin matches in any spelling', async (t) => {
  const app = await startHost(t)
  await answers(t, app, [
    ['app.example.com', 'https://trusted.example', OWN],
    ['app.example.com', 'https://Trusted.Example:443', OWN],
    ['app.example.com', 'http://trusted.example', OTHER],
    ['app.example.com', 'https://trusted.example:8443', OTHER],
    ['app.example.com', 'https://evil@trusted.example', OTHER],
  ])
})

t.test('behind a trusted proxy that names the scheme, the scheme is compared', async (t) => {
  const app = await startHost(t, { trustProxy: true })
  const https = { 'x-forwarded-proto': 'https' }
  const http = { 'x-forwarded-proto': 'http' }
  const elsewhere = { 'x-forwarded-host': 'app.example.com', ...https }
  await answers(t, app, [
    ['app.example.com', 'https://app.example.com', OWN, https],
    ['app.example.com', 'http://app.example.com', OTHER, https],
    ['app.example.com', 'http://app.example.com:443', OTHER, https],
    ['app.example.com', 'http://app.example.com', OWN, http],
    ['app.example.com', 'https://app.example.com', OTHER, http],
    ['app.example.com', 'https://app.example.com', OWN, { 'x-forwarded-proto': 'HTTPS' }],
    ['app.example.com', 'https://app.example.com', OWN, { 'x-forwarded-proto': 'http, https' }],
    ['app.example.com', 'http://app.example.com', OTHER, { 'x-forwarded-proto': 'http, https' }],
    ['backend:3000', 'https://app.example.com', OWN, elsewhere],
    ['backend:3000', 'http://app.example.com', OTHER, elsewhere],
    ['backend:3000', 'http://backend:3000', OTHER, elsewhere],
    // A proxy that does not name it.
    ['app.example.com', 'https://app.example.com', OWN],
  ])
})

t.test('the headers of an untrusted proxy are ignored', async (t) => {
  for (const server of [{}, { trustProxy: '10.0.0.1' }]) {
    const app = await startHost(t, server)
    await answers(t, app, [
      ['app.example.com', 'https://evil.example', OTHER, { 'x-forwarded-host': 'evil.example' }],
      ['app.example.com', 'http://app.example.com', OWN, { 'x-forwarded-proto': 'https' }],
      ['app.example.com', 'https://app.example.com', OWN, { 'x-forwarded-proto': 'https' }],
    ])
  }
})

t.test('with TLS in this process the scheme is compared', async (t) => {
  const app = Fastify({ https: anonymousTls })
  t.teardown(() => app.close())
  await app.register(apiTokens, options())
  await app.listen({ host: '127.0.0.1', port: 0 })
  const { port } = app.server.address() as AddressInfo
  const send = async (headers: Headers) => {
    const request = httpsRequest({
      ...{ host: '127.0.0.1', port, path: '/tokens', method: 'POST', headers },
      ...{ ...anonymousTls, rejectUnauthorized: false, agent: false },
    })
    request.end()
    const [response] = await once(request, 'response')
    response.resume()
    return response.statusCode
  }
  const host = 'app.example.com'
  t.equal(await send({ host, origin: `https://${host}` }), OWN)
  t.equal(await send({ host: `${host}:443`, origin: `https://${host}` }), OWN)
  t.equal(await send({ host, origin: `http://${host}` }), OTHER)
})

for (const scheme of ['http', 'https'] as const) {
  t.test(`HTTP/2 by ${scheme}: the host is that of :authority`, async (t) => {
    const server = { http2: true, ...(scheme === 'https' ? { https: anonymousTls } : {}) }
    // Fastify's types distinguish HTTP/2 servers.
    const app = Fastify(server as FastifyServerOptions)
    t.teardown(() => app.close())
    await app.register(apiTokens, options())
    await app.listen({ host: '127.0.0.1', port: 0 })
    const { port } = app.server.address() as AddressInfo
    const session = connect(`${scheme}://127.0.0.1:${port}`, { ...anonymousTls, rejectUnauthorized: false })
    t.teardown(() => session.close())
    const send = async (authority: string, origin: string) => {
      const stream = session.request({
        ...{ ':method': 'POST', ':path': '/tokens', ':authority': authority, origin },
      })
      stream.end()
      const [headers] = await once(stream, 'response')
      stream.resume()
      return headers[':status']
    }
    t.equal(await send('app.example.com', `${scheme}://app.example.com`), OWN)
    t.equal(await send('App.Example.com', `${scheme}://app.example.com`), OWN)
    t.equal(await send('app.example.com:8443', `${scheme}://app.example.com:8443`), OWN)
    t.equal(await send('app.example.com', 'https://evil.example'), OTHER)
    t.equal(await send('app.example.com', 'http://app.example.com'), scheme === 'http' ? OWN : OTHER)
  })
}
