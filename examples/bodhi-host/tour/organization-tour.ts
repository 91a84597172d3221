/** A part of the tour: an organization owns a token, and its members manage it. */

import { deepStrictEqual, ok, strictEqual } from 'node:assert/strict'
import type { Browser } from './browser.ts'
import type { Narrator } from './narrator.ts'
import type { GeneratedToken, Program } from './program.ts'

export interface People {
  /** A member of the organization who may chat. */
  readonly grace: Browser
  /** A member who alone may only list the models. */
  readonly alan: Browser
}

const OWNER = 'org:lab'

export async function organizationTour(
  { grace, alan }: People,
  tokens: string,
  narrator: Narrator,
  { works, isRefused }: Program,
): Promise<void> {
  const ofOrganization = `${tokens}?owner=${OWNER}`
  const token: GeneratedToken = await narrator.step(
    'Grace generates a token for the Analytical Lab, of which she is a member',
    async () => {
      const wanted = { name: 'Shared assistant', scopes: ['models:read', 'chat:write'] }
      const issued = await answerOf<Token>(await grace.send('POST', ofOrganization, wanted), 201)
      strictEqual(issued.user_id, OWNER)
      deepStrictEqual(issued.created_by, { kind: 'user', id: 'grace' })
      narrator.conceal(issued.token)
      return { id: issued.id, credential: issued.token }
    },
  )
  await narrator.step('It works', () => works(token.credential))
  await narrator.step('It is not among her own tokens', async () => {
    const { data } = await answerOf<TokenList>(await grace.send('GET', tokens), 200)
    ok(data.every(({ id }) => id !== token.id))
  })
  await narrator.step('Alan, the other member, finds and rotates it', async () => {
    const { data } = await answerOf<TokenList>(await alan.send('GET', ofOrganization), 200)
    deepStrictEqual(
      data.map(({ id }) => id),
      [token.id],
    )
    const rotate = `${tokens}/${token.id}/rotate?owner=${OWNER}`
    const successor = await answerOf<Token>(await alan.send('POST', rotate, { grace_period: 0 }), 201)
    narrator.conceal(successor.token)
    deepStrictEqual(successor.created_by, { kind: 'user', id: 'alan' })
    await works(successor.token)
    await isRefused(token.credential)
  })
  await narrator.step('An organization that somebody is no member of is not found', async () => {
    const response = await alan.send('GET', `${tokens}?owner=service:nightly-report`)
    strictEqual(response.status, 404)
  })
}

interface Token {
  readonly id: string
  readonly user_id: string
  readonly token: string
  readonly created_by: { readonly kind: string; readonly id: string | null }
}

interface TokenList {
  readonly data: readonly Token[]
}

async function answerOf<Answer>(response: Response, status: number): Promise<Answer> {
  strictEqual(response.status, status)
  // The checks above fail for a member that is missing.
  return (await response.json()) as Answer
}
