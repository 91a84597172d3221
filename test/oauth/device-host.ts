/** Hosts at which programs get tokens by codes, and the people who decide. */

import type { FastifyInstance } from 'fastify'
import type { Test } from 'tap'
import type { ApiTokensOptions, OAuthClient } from '../../src/index.ts'
import { memoryTokenStore } from '../../src/store/memory/memory-token-store.ts'
import { manualClock } from '../../src/testing/index.ts'
import { type Host, START, startHost } from '../support/host.ts'
import { form } from './oauth-host.ts'

export const ISSUER = 'https://app.example.com'
export const DEVICE_CODE = 'urn:ietf:params:oauth:grant-type:device_code'
export const CLI: OAuthClient = {
  client_id: 'bodhi-cli',
  client_name: 'Bodhi on the command line',
  token_endpoint_auth_method: 'none',
  grant_types: [DEVICE_CODE],
}

/** RFC 8628 §3.2. */
export interface Codes {
  readonly device_code: string
  readonly user_code: string
  readonly verification_uri: string
  readonly verification_uri_complete: string
  readonly expires_in: number
  readonly interval: number
}

/** A host with a program that may ask. Its clock is the test's, and that of its store, unless the options name one. */
export async function startDeviceHost(t: Test, options: ApiTokensOptions = {}): Promise<Host> {
  const clock = manualClock(START)
  const store = memoryTokenStore({ clock })
  const oauth = { clients: [CLI], device: {} }
  const { app } = await startHost(t, { issuer: ISSUER, clock, store, oauth, ...options })
  return { app, clock }
}

export async function start(app: FastifyInstance, members: Record<string, string> = {}): Promise<Codes> {
  const answer = await app.inject(
    form('/oauth2/device_authorization', { client_id: 'bodhi-cli', scope: 'models:read', ...members }),
  )
  if (answer.statusCode !== 200) throw new Error(answer.body)
  return answer.json()
}

/** The form that a user sends from the page. Without a decision it has the code only. */
export function enter(
  app: FastifyInstance,
  user: string | null,
  code: string,
  members: Record<string, string> = {},
  headers: Record<string, string> = {},
) {
  const signedIn: Record<string, string> = user === null ? {} : { 'x-user': user }
  return app.inject(form('/oauth2/device', { user_code: code, ...members }, { ...signedIn, ...headers }))
}

export async function approve(app: FastifyInstance, user: string, { user_code: code }: Codes): Promise<void> {
  const answer = await enter(app, user, code, { decision: 'approve', name: 'laptop' })
  if (answer.statusCode !== 200) throw new Error(answer.body)
}

export function poll(
  app: FastifyInstance,
  { device_code }: Pick<Codes, 'device_code'>,
  client_id = 'bodhi-cli',
) {
  return app.inject(form('/oauth2/token', { grant_type: DEVICE_CODE, device_code, client_id }))
}

/** The `error` of the answer, after its status. */
export async function rejectionOf(answer: ReturnType<typeof poll>): Promise<[number, string]> {
  const { statusCode, json } = await answer
  return [statusCode, json().error]
}
