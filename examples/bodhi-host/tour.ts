/** Starts a host, runs through the life of an API token with real HTTP requests, and checks every step. */
import { deepStrictEqual, match, ok, rejects, strictEqual } from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import OpenAI, { AuthenticationError } from 'openai'
import { startHost } from './host.ts'
import { MODEL_ID } from './openai/model.ts'
import { readSettings } from './settings.ts'
import { administrationTour } from './tour/administration-tour.ts'
import { Browser } from './tour/browser.ts'
import { deviceTour } from './tour/device-tour.ts'
import { freePort } from './tour/free-port.ts'
import { Narrator } from './tour/narrator.ts'
import { type Gateway, oauthTour } from './tour/oauth-tour.ts'
import { organizationTour } from './tour/organization-tour.ts'
import { ownerTour } from './tour/owner-tour.ts'
import type { GeneratedToken, Program } from './tour/program.ts'

const TOKENS = '/bodhi/v1/tokens'
const narrator = new Narrator(console.log)
const dataDir = await mkdtemp(join(tmpdir(), 'bodhi-tour-'))
// The reader's environment is not used, so that the tour is the same everywhere.
const gateway: Gateway = { secret: randomBytes(32).toString('base64url'), provider: await freePort() }
const host = await startHost(
  readSettings({
    // The port must be known before the host listens, because it is part of the issuer.
    PORT: String(await freePort()),
    OIDC_PORT: String(gateway.provider),
    GATEWAY_SECRET: gateway.secret,
    DATA_DIR: dataDir,
    MODEL_WORD_DELAY_MS: '20',
    LOG_LEVEL: 'error',
  }),
)

try {
  await tour(host.origin())
  console.log(`\nThe tour is complete: ${narrator.steps} steps, each as expected.`)
} catch (error) {
  console.error(`\nThe tour failed at step ${narrator.steps}.`)
  console.error(error)
  process.exitCode = 1
} finally {
  await host.app.close()
  await rm(dataDir, { recursive: true })
}

async function tour(origin: string): Promise<void> {
  const grace = new Browser(origin, narrator.fetch)
  const ada = new Browser(origin, narrator.fetch)

  await narrator.step('Grace signs in, with OAuth 2.0: authorization code and PKCE', () =>
    signIn(grace, 'grace'),
  )

  const token = await narrator.step('She generates a token; its credential is shown only once', () =>
    generate(grace, { name: 'My notebook', scopes: ['models:read', 'chat:write'] }),
  )
  const client = clientWith(origin, token.credential)

  await narrator.step('The official openai client lists the models with it', async () => {
    const models = await client.models.list()
    deepStrictEqual(
      models.data.map((model) => model.id),
      [MODEL_ID],
    )
  })

  await narrator.step('It chats', async () => {
    const completion = await client.chat.completions.create(question('Hello from the tour'))
    strictEqual(completion.choices[0]?.message.content, 'You said: Hello from the tour')
    strictEqual(completion.choices[0]?.finish_reason, 'stop')
  })

  await narrator.step('It chats as a stream', async () => {
    const words: string[] = []
    const stream = await client.chat.completions.create({ ...question('Count to 5'), stream: true })
    for await (const chunk of stream) words.push(chunk.choices[0]?.delta.content ?? '')
    narrator.print(`  received: ${words.join('')}`)
    strictEqual(words.join(''), '1 2 3 4 5')
  })

  await narrator.step('Grace lists her tokens', async () => {
    const { data, total } = await json(await grace.send('GET', TOKENS), 200)
    strictEqual(total, 1)
    strictEqual(data?.[0]?.id, token.id)
    strictEqual(data[0].status, 'active')
    ok(!JSON.stringify(data).includes(token.credential), 'the credential is shown once only')
  })

  await narrator.step('She renames it', async () => {
    const renamed = await json(
      await grace.send('PATCH', `${TOKENS}/${token.id}`, { name: 'Old notebook' }),
      200,
    )
    strictEqual(renamed.name, 'Old notebook')
  })

  await narrator.step('She disables it', async () => {
    const off = await json(await grace.send('PATCH', `${TOKENS}/${token.id}`, { status: 'inactive' }), 200)
    strictEqual(off.status, 'inactive')
  })
  await narrator.step('The next call is refused', () => refused(client))

  await narrator.step('She enables it again', async () => {
    const on = await json(await grace.send('PATCH', `${TOKENS}/${token.id}`, { status: 'active' }), 200)
    strictEqual(on.status, 'active')
  })
  await narrator.step('The next call works', () => accepted(client))

  await narrator.step('A stream with a second token ends when that token is revoked', async () => {
    const second = await generate(grace, { name: 'For one stream', scopes: ['chat:write'] })
    const words = await revokeDuring(grace, clientWith(origin, second.credential), second.id)
    ok(words < 1000, 'the stream ended before the answer did')
  })
  await narrator.step('The first token still works', () => accepted(client))

  const program: Program = {
    works: (credential) => accepted(clientWith(origin, credential)),
    isRefused: (credential) => refused(clientWith(origin, credential)),
  }
  const nightly = await narrator.step(
    'Grace generates a token for a program that runs every day',
    async () => {
      const token = await generate(grace, { name: 'Nightly', scopes: ['models:read', 'chat:write'] })
      const calls = clientWith(origin, token.credential)
      for (let n = 0; n < 2; n += 1) await accepted(calls)
      await calls.chat.completions.create(question('Good night'))
      return token
    },
  )
  await ownerTour(grace, TOKENS, nightly, narrator, program)

  const alan = new Browser(origin, narrator.fetch)
  await narrator.step('Alan, who may only list models, signs in', () => signIn(alan, 'alan'))
  await organizationTour({ grace, alan }, TOKENS, narrator, program)

  await oauthTour(origin, gateway, narrator, program)
  await deviceTour(origin, grace, narrator, program)

  await narrator.step('Ada, an administrator, signs in', () => signIn(ada, 'ada'))
  await administrationTour({ ada, grace }, '/bodhi/v1/admin/tokens', narrator, program)
  await narrator.step('Ada deactivates Grace', async () => {
    const user = await json(await ada.send('POST', '/bodhi/v1/users/grace/deactivate'), 200)
    strictEqual(user.status, 'deactivated')
  })
  await narrator.step("Grace's token is refused", () => refused(client))
  await narrator.step("Grace's session is over too", async () => {
    await json(await grace.send('GET', TOKENS), 401)
  })

  await narrator.step('Ada reactivates Grace', async () => {
    const user = await json(await ada.send('POST', '/bodhi/v1/users/grace/reactivate'), 200)
    strictEqual(user.status, 'active')
  })
  await narrator.step("Grace's token works again, though she is signed out", () => accepted(client))

  await narrator.step('Grace signs in again', () => signIn(grace, 'grace'))
  await narrator.step('She revokes the token', async () => {
    const revoked = await grace.send('DELETE', `${TOKENS}/${token.id}`)
    strictEqual(revoked.status, 204)
  })
  await narrator.step('It is refused from now on', () => refused(client))
}

async function signIn(browser: Browser, subject: string): Promise<void> {
  const arrival = await browser.signIn(subject)
  strictEqual(arrival.status, 200)
  match(arrival.url, /\/settings\/api-tokens$/)
  const caller = await json(await browser.send('GET', '/bodhi/v1/user'), 200)
  strictEqual(caller.id, subject)
  strictEqual(caller.authenticated_by, 'session')
}

async function generate(
  browser: Browser,
  wanted: { name: string; scopes: string[] },
): Promise<GeneratedToken> {
  const answer = await json(await browser.send('POST', TOKENS, wanted), 201)
  const { id = '', token: credential = '' } = answer
  match(credential, /^bodhi_/)
  narrator.conceal(credential)
  return { id, credential }
}

async function accepted(client: OpenAI): Promise<void> {
  strictEqual((await client.models.list()).data.length, 1)
}

async function refused(client: OpenAI): Promise<void> {
  await rejects(async () => client.models.list(), AuthenticationError)
}

/** Reads a stream, revokes its token after the first words, and counts the words until it ends. */
async function revokeDuring(browser: Browser, client: OpenAI, tokenId: string): Promise<number> {
  const stream = await client.chat.completions.create({ ...question('Count to 1000'), stream: true })
  let words = 0
  await rejects(
    async () => {
      for await (const chunk of stream) {
        if (!chunk.choices[0]?.delta.content) continue
        words++
        if (words === 3) {
          const revoked = await browser.send('DELETE', `${TOKENS}/${tokenId}`)
          strictEqual(revoked.status, 204)
        }
      }
    },
    { code: 'token_ended' },
  )
  narrator.print(`  the stream ended after ${words} of 1000 words, with the error token_ended`)
  return words
}

function clientWith(origin: string, credential: string): OpenAI {
  return new OpenAI({
    apiKey: credential,
    baseURL: `${origin}/v1`,
    fetch: narrator.fetch,
    maxRetries: 0,
    organization: null,
    project: null,
  })
}

function question(content: string) {
  return { model: MODEL_ID, messages: [{ role: 'user' as const, content }] }
}

/** The members of responses that the tour reads. A missing member fails a check. */
interface Answer {
  readonly id?: string
  readonly name?: string
  readonly status?: string
  readonly token?: string
  readonly total?: number
  readonly data?: readonly Answer[]
  readonly authenticated_by?: string
}

async function json(response: Response, status: number): Promise<Answer> {
  strictEqual(response.status, status)
  return (await response.json()) as Answer
}
