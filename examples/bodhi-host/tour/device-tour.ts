/** A part of the tour: a command-line program gets a token by device authorization (RFC 8628). */

import { match, ok, strictEqual } from 'node:assert/strict'
import type { Browser } from './browser.ts'
import type { Narrator } from './narrator.ts'
import type { Program } from './program.ts'

const CLIENT = 'bodhi-cli'
const DEVICE_CODE = 'urn:ietf:params:oauth:grant-type:device_code'

interface Answer {
  readonly device_code?: string
  readonly user_code?: string
  readonly verification_uri_complete?: string
  readonly access_token?: string
  readonly scope?: string
  readonly error?: string
}

export async function deviceTour(
  origin: string,
  owner: Browser,
  narrator: Narrator,
  program: Program,
): Promise<void> {
  const codes = await narrator.step('A command-line program requests a code (RFC 8628)', async () => {
    const answer = await post('/oauth2/device_authorization', { scope: 'models:read', name: 'Command line' })
    match(answer.user_code ?? '', /^[A-Z]{4}-[A-Z]{4}$/)
    narrator.conceal(answer.device_code ?? '')
    return answer
  })
  const poll = () => post('/oauth2/token', { grant_type: DEVICE_CODE, device_code: codes.device_code ?? '' })

  await narrator.step('It polls: its user has not decided yet', async () => {
    strictEqual((await poll()).error, 'authorization_pending')
  })
  await narrator.step('Grace opens the link: the code is filled in, but nothing is approved', async () => {
    const page = await owner.open(codes.verification_uri_complete ?? '')
    ok(page.html.includes(codes.user_code ?? '?'))
    ok(!page.html.includes('value="approve"'))
  })
  await narrator.step('She sees the program and its scopes, and approves', async () => {
    const consent = await decide({})
    ok(consent.html.includes('Bodhi on the command line'))
    const done = await decide({ decision: 'approve', name: 'Command line' })
    match(done.html, /<h1>Approved<\/h1>/)
  })
  const credential = await narrator.step('The program gets its token', async () => {
    const { access_token: token = '', scope } = await poll()
    match(token, /^bodhi_/)
    strictEqual(scope, 'models:read')
    return token
  })
  narrator.conceal(credential)
  await narrator.step('and calls the host with it', () => program.works(credential))

  async function post(path: string, members: Record<string, string>): Promise<Answer> {
    const body = new URLSearchParams({ client_id: CLIENT, ...members })
    const response = await narrator.fetch(origin + path, { method: 'POST', body })
    return (await response.json()) as Answer
  }

  function decide(members: Record<string, string>) {
    return owner.open('/oauth2/device', {
      method: 'POST',
      headers: { 'content-type': 'application/x-www-form-urlencoded' },
      body: new URLSearchParams({ user_code: codes.user_code ?? '', ...members }).toString(),
    })
  }
}
