/** A part of the tour: token exchange, introspection and revocation with OAuth 2.0. */
import { deepStrictEqual, match, strictEqual } from 'node:assert/strict'
import { CI_CLIENT } from '../identity-provider/identity-provider.ts'
import type { Narrator } from './narrator.ts'
import type { Program } from './program.ts'

/** The secret of the client that introspects tokens, and the port of the identity provider. */
export interface Gateway {
  readonly secret: string
  readonly provider: number
}

interface Answer {
  readonly access_token?: string
  readonly active?: boolean
  readonly sub?: string
  readonly scope?: string
  readonly expires_in?: number
  readonly token_endpoint?: string
  readonly introspection_endpoint?: string
  readonly revocation_endpoint?: string
}

const TYPE = 'urn:ietf:params:oauth:token-type:access_token'

export async function oauthTour(
  origin: string,
  gateway: Gateway,
  narrator: Narrator,
  program: Program,
): Promise<void> {
  narrator.conceal(basic('bodhi-gateway', gateway.secret))
  narrator.conceal(basic(CI_CLIENT.id, CI_CLIENT.secret))

  const server = await narrator.step(
    'A program reads the metadata of the OAuth 2.0 endpoints (RFC 8414)',
    async () => {
      const response = await narrator.fetch(`${origin}/.well-known/oauth-authorization-server`)
      strictEqual(response.status, 200)
      return (await response.json()) as Answer
    },
  )

  const subject = await narrator.step("Grace's CI job gets a token of the identity provider", async () => {
    const answer = await post(
      `http://127.0.0.1:${gateway.provider}/token`,
      [CI_CLIENT.id, CI_CLIENT.secret],
      {
        grant_type: 'client_credentials',
        resource: origin,
      },
    )
    return answer.access_token ?? ''
  })
  narrator.conceal(subject)

  const credential = await narrator.step('It exchanges it for an API token of hers (RFC 8693)', async () => {
    const answer = await post(server.token_endpoint, null, {
      grant_type: 'urn:ietf:params:oauth:grant-type:token-exchange',
      client_id: 'bodhi-ci',
      subject_token: subject,
      subject_token_type: TYPE,
      scope: 'models:read',
      expires_in: '900',
      name: 'Nightly build',
    })
    deepStrictEqual([answer.scope, answer.expires_in], ['models:read', 900])
    match(answer.access_token ?? '', /^bodhi_/)
    return answer.access_token ?? ''
  })
  narrator.conceal(credential)
  await narrator.step('The job calls the host with it', () => program.works(credential))

  const introspect = () =>
    post(server.introspection_endpoint, ['bodhi-gateway', gateway.secret], { token: credential })
  await narrator.step('Another service introspects the token (RFC 7662)', async () => {
    const { active, sub, scope } = await introspect()
    deepStrictEqual([active, sub, scope], [true, CI_CLIENT.owner, 'models:read'])
  })

  await narrator.step('The job is done, and revokes its token (RFC 7009)', async () => {
    const response = await send(server.revocation_endpoint, null, {
      client_id: 'bodhi-ci',
      token: credential,
    })
    strictEqual(response.status, 200)
  })
  await narrator.step('The token is refused', () => program.isRefused(credential))
  await narrator.step('Introspection now says that it is not active', async () => {
    deepStrictEqual(await introspect(), { active: false })
  })

  async function post(
    url: string | undefined,
    client: readonly [string, string] | null,
    form: Record<string, string>,
  ): Promise<Answer> {
    const response = await send(url, client, form)
    strictEqual(response.status, 200)
    return (await response.json()) as Answer
  }

  function send(
    url = '',
    client: readonly [string, string] | null,
    form: Record<string, string>,
  ): Promise<Response> {
    return narrator.fetch(url, {
      method: 'POST',
      headers: client === null ? {} : { authorization: `Basic ${basic(...client)}` },
      body: new URLSearchParams(form),
    })
  }
}

/** RFC 6749 §2.3.1: id and secret are form-encoded. */
function basic(id: string, secret: string): string {
  const [user, password] = [id, secret].map((text) => encodeURIComponent(text).replaceAll('%20', '+'))
  return Buffer.from(`${user}:${password}`).toString('base64')
}
