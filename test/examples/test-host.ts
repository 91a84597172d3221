/** Starts the Bodhi-like host for a test, on a free port with a database of its own. */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Test } from 'tap'
import { type Host, startHost } from '../../examples/bodhi-host/host.ts'
import { readSettings } from '../../examples/bodhi-host/settings.ts'
import { Browser } from '../../examples/bodhi-host/tour/browser.ts'

export const TOKENS = '/bodhi/v1/tokens'
export const USERS = '/bodhi/v1/users'

export interface TestHost extends Host {
  readonly url: string
  /** A browser in which nobody is signed in. */
  browser(): Browser
  /** A browser in which this demo user is signed in. */
  signedIn(subject: string): Promise<Browser>
}

/** Starts a host, and closes it with the test. What `environment` names differs from a host for tests. */
export async function startTestHost(t: Test, environment: Record<string, string> = {}): Promise<TestHost> {
  const dataDir = mkdtempSync(join(tmpdir(), 'bodhi-test-'))
  t.teardown(() => rmSync(dataDir, { recursive: true }))
  const settings = readSettings({
    PORT: '0',
    DATA_DIR: dataDir,
    LOG_LEVEL: 'silent',
    MODEL_WORD_DELAY_MS: '1',
    ...environment,
  })
  const host = await startHost(settings)
  t.teardown(() => {
    const closed = host.app.close()
    // Chromium opens connections ahead, on which nothing is ever asked: close() would wait a minute for them.
    host.app.server.closeAllConnections()
    return closed
  })

  const url = host.origin()
  return {
    ...host,
    url,
    browser: () => new Browser(url),
    async signedIn(subject) {
      const browser = new Browser(url)
      const arrival = await browser.signIn(subject)
      if (!arrival.url.endsWith('/settings/api-tokens')) throw new Error(`No sign-in: ${arrival.html}`)
      return browser
    },
  }
}

/** Generates a token as the signed-in person does. */
export async function generate(
  browser: Browser,
  wanted: { name?: string; scopes?: string[] } = {},
): Promise<{ id: string; credential: string }> {
  const response = await browser.send('POST', TOKENS, { scopes: ['models:read'], ...wanted })
  const { id, token } = (await response.json()) as { id?: string; token?: string }
  if (response.status !== 201 || !id || !token) throw new Error(`No token: ${response.status}`)
  return { id, credential: token }
}

/** Calls the host as a program does. */
export function call(url: string, credential: string, init: RequestInit = {}): Promise<Response> {
  return fetch(url, { ...init, headers: { ...init.headers, authorization: `Bearer ${credential}` } })
}

/** Chats as a program does, without a client library. */
export function chat(host: TestHost, credential: string, body: unknown): Promise<Response> {
  return call(`${host.url}/v1/chat/completions`, credential, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(body),
  })
}

export function question(content: string) {
  return { model: 'bodhi-tiny', messages: [{ role: 'user' as const, content }] }
}
