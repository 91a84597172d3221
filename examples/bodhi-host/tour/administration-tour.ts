/** A part of the tour: an administrator issues a token for a service account, and finds and ends tokens of all owners. */

import { deepStrictEqual, match, ok, strictEqual } from 'node:assert/strict'
import type { Browser } from './browser.ts'
import type { Narrator } from './narrator.ts'
import type { Program } from './program.ts'

export interface AdministrationPeople {
  readonly ada: Browser
  /** No administrator. */
  readonly grace: Browser
}

const ACCOUNT = 'service:nightly-report'

export async function administrationTour(
  { ada, grace }: AdministrationPeople,
  administration: string,
  narrator: Narrator,
  { works, isRefused }: Program,
): Promise<void> {
  await narrator.step('Grace, who is no administrator, cannot list the tokens of all owners', async () => {
    strictEqual((await grace.send('GET', administration)).status, 401)
  })

  await narrator.step('Ada opens the administration page', async () => {
    const page = await ada.send('GET', '/settings/all-api-tokens')
    strictEqual(page.status, 200)
    match(await page.text(), /<api-tokens-admin [^>]*admin-url="\/bodhi\/v1\/admin\/tokens"/)
  })

  const token = await narrator.step(
    'Ada issues a token for the service account Nightly report, for this machine only',
    async () => {
      const wanted = {
        ...{ user_id: ACCOUNT, name: 'cluster 3', scopes: ['models:read'] },
        ...{ allowed_ips: ['127.0.0.0/8', '::1'], metadata: { cluster: 3 } },
      }
      const issued = await answerOf<Token>(await ada.send('POST', administration, wanted), 201)
      narrator.conceal(issued.token)
      deepStrictEqual(issued.created_by, { kind: 'admin', id: 'ada' })
      deepStrictEqual(issued.allowed_ips, ['127.0.0.0/8', '::1/128'])
      return issued
    },
  )
  await narrator.step('It works', () => works(token.token))

  await narrator.step('She allows another address only: it is refused here', async () => {
    const changes = { allowed_ips: ['192.0.2.0/24'] }
    await answerOf<Token>(await ada.send('PATCH', `${administration}/${token.id}`, changes), 200)
    await isRefused(token.token)
  })
  await narrator.step('She removes the limit: it works again', async () => {
    const changes = { allowed_ips: null }
    await answerOf<Token>(await ada.send('PATCH', `${administration}/${token.id}`, changes), 200)
    await works(token.token)
  })

  await narrator.step('She finds the tokens that Grace has issued, also for the organization', async () => {
    const { data } = await answerOf<TokenList>(
      await ada.send('GET', `${administration}?created_by=grace`),
      200,
    )
    const owners = new Set(data.map(({ user_id }) => user_id))
    deepStrictEqual([...owners].sort(), ['grace', 'org:lab'])
    ok(data.every(({ created_by }) => created_by.id === 'grace'))
  })

  await narrator.step('A leaked credential: she ends its token, whatever it is called', async () => {
    const leaked = { credentials: [token.token], reason: 'leaked' }
    const { revoked } = await answerOf<Revoked>(
      await ada.send('POST', `${administration}/revoke`, leaked),
      200,
    )
    strictEqual(revoked, 1)
    await isRefused(token.token)
  })

  await narrator.step('She revokes all tokens of the account, which stays active', async () => {
    const all = { user_id: ACCOUNT }
    await answerOf<Revoked>(await ada.send('POST', `${administration}/revoke`, all), 200)
    const owner = await answerOf<Owner>(await ada.send('GET', `${administration}/owners/${ACCOUNT}`), 200)
    strictEqual(owner.status, 'active')
  })
}

interface Token {
  readonly id: string
  readonly user_id: string
  readonly token: string
  readonly created_by: { readonly kind: string; readonly id: string | null }
  readonly allowed_ips: readonly string[] | null
}

interface TokenList {
  readonly data: readonly Token[]
}

interface Revoked {
  readonly revoked: number | null
}

interface Owner {
  readonly status: string
}

async function answerOf<Answer>(response: Response, status: number): Promise<Answer> {
  strictEqual(response.status, status)
  // The checks above fail for a member that is missing.
  return (await response.json()) as Answer
}
