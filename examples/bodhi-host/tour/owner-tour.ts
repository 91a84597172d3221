/** A part of the tour: an owner views the usage of a token, and rotates it while programs use it. */

import { deepStrictEqual, match, ok, strictEqual } from 'node:assert/strict'
import type { Browser } from './browser.ts'
import type { Narrator } from './narrator.ts'
import type { GeneratedToken, Program } from './program.ts'

export async function ownerTour(
  owner: Browser,
  tokens: string,
  token: GeneratedToken,
  narrator: Narrator,
  { works, isRefused }: Program,
): Promise<void> {
  const usage = `${tokens}/${token.id}/usage?days=2`
  await narrator.step("Grace views the token's usage: requests per day, and scopes", async () => {
    const { data = [], scopes } = await answerOf<Usage>(await owner.send('GET', usage), 200)
    ok(data.reduce((sum, { requests }) => sum + requests, 0) >= 3, 'the requests are already counted')
    deepStrictEqual(scopes, ['models:read', 'chat:write'])
  })

  const successor = await narrator.step(
    'She rotates it: a new credential, and a grace period of an hour for the old one',
    async () => {
      const answer = await owner.send('POST', `${tokens}/${token.id}/rotate`, { grace_period: 3600 })
      const { id = '', token: credential = '' } = await answerOf<Issued>(answer, 201)
      match(credential, /^bodhi_/)
      narrator.conceal(credential)
      return { id, credential }
    },
  )
  await narrator.step('The old one still works, for programs that do not have the new one yet', () =>
    works(token.credential),
  )
  await narrator.step('The first use of the new one', () => works(successor.credential))
  await narrator.step('ends the old one', () => isRefused(token.credential))
  await narrator.step('Its record has the reason', async () => {
    const old = await answerOf<Issued>(await owner.send('GET', `${tokens}/${token.id}`), 200)
    strictEqual(`${old.status}: ${old.status_reason}`, 'revoked: rotated')
  })
}

interface Usage {
  readonly data?: readonly { readonly requests: number }[]
  readonly scopes?: readonly string[]
}

interface Issued {
  readonly id?: string
  readonly token?: string
  readonly status?: string
  readonly status_reason?: string
}

async function answerOf<Answer>(response: Response, status: number): Promise<Answer> {
  strictEqual(response.status, status)
  // The checks above fail for a member that is missing.
  return (await response.json()) as Answer
}
