/** Takes the screenshots of the docs from the running example: `node test/ui/screenshots.ts`, after a build. */

import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import Database from 'better-sqlite3'
import type { Browser, Page } from 'playwright-core'
import { startHost } from '../../examples/bodhi-host/host.ts'
import { readSettings } from '../../examples/bodhi-host/settings.ts'
import { launchChromium } from './chromium.ts'
import { chromiumPath } from './chromium-path.ts'

const IMAGES = join(import.meta.dirname, '../../docs/images')
const DAY_MS = 86_400_000
/** How long ago the tokens were generated: one that nobody has used since is about to become inactive. */
const AGE_DAYS = 27

const TOKENS = [
  { name: 'Leaked in a gist', scopes: ['chat:write'], fate: 'revoke' },
  { name: 'Old laptop', scopes: ['models:read'], fate: 'disable' },
  { name: 'Weekly report', description: 'Runs on Mondays', scopes: ['models:read'], fate: 'nothing' },
  {
    name: 'Staging',
    description: 'Smoke tests after each deploy',
    scopes: ['models:read', 'chat:write'],
    fate: 'use',
  },
  { name: 'Editor plugin', scopes: ['chat:write'], fate: 'use' },
] as const

const executable = chromiumPath()
if (executable === undefined) throw new Error('no Chromium was found: set CHROMIUM_PATH')
const dataDir = mkdtempSync(join(tmpdir(), 'bodhi-screenshots-'))
const host = await startHost(readSettings({ PORT: '0', DATA_DIR: dataDir, LOG_LEVEL: 'error' }))
const browser = await launchChromium(executable)
try {
  await takeAll(browser, host.origin())
} finally {
  await browser.close()
  await host.app.close()
  rmSync(dataDir, { recursive: true })
}

async function takeAll(browser: Browser, origin: string): Promise<void> {
  const light = await signedIn(browser, origin, { width: 1120, height: 700 }, 'light')
  for (const token of TOKENS) await prepare(light, origin, token)
  makeOlder()
  for (const person of ['Grace', 'Alan'])
    await signedIn(browser, origin, { width: 800, height: 600 }, 'light', person)
  await reopen(light)
  await shoot(light, 'tokens-light')
  await light.getByRole('button', { name: 'Details of Staging' }).click()
  await light.getByRole('img').waitFor()
  await shoot(light, 'details-light')
  await light.keyboard.press('Escape')
  await light.getByRole('button', { name: 'Generate New Token' }).click()
  await light.getByRole('textbox', { name: 'Name' }).fill('Nightly build')
  await light.getByRole('checkbox', { name: /models:read/ }).check()
  await light.getByRole('button', { name: 'Generate token' }).click()
  await light.getByRole('heading', { name: 'Copy your token now' }).waitFor()
  await light.locator('dialog').screenshot({ path: join(IMAGES, 'credential-light.png') })
  await light.goto(`${origin}/settings/users`)
  await shoot(light, 'users-light')
  await light.goto(`${origin}/settings/all-api-tokens`)
  await light.getByText('Editor plugin').first().waitFor()
  await shoot(light, 'admin-light')

  const dark = await signedIn(browser, origin, { width: 1120, height: 700 }, 'dark')
  await reopen(dark)
  await shoot(dark, 'tokens-dark')
  const narrow = await signedIn(browser, origin, { width: 360, height: 720 }, 'light')
  await reopen(narrow)
  await shoot(narrow, 'tokens-narrow')
}

async function signedIn(
  browser: Browser,
  origin: string,
  viewport: { width: number; height: number },
  colorScheme: 'light' | 'dark',
  person = 'Ada',
): Promise<Page> {
  const context = await browser.newContext({
    viewport,
    colorScheme,
    reducedMotion: 'reduce',
    locale: 'en-GB',
  })
  const page = await context.newPage()
  // A host that was started a moment ago has no month of use behind it: these counts are made up.
  await page.route('**/tokens/*/usage?*', async (route) => {
    const answer = await (await route.fetch()).json()
    await route.fulfill({ json: { ...answer, data: month(route.request().url()) } })
  })
  await page.goto(origin)
  await page.getByRole('link', { name: 'Sign in' }).click()
  await page.getByRole('button', { name: new RegExp(person) }).click()
  await page.getByRole('button', { name: 'Sign out' }).waitFor()
  return page
}

async function prepare(page: Page, origin: string, token: (typeof TOKENS)[number]): Promise<void> {
  const { fate, ...wanted } = token
  const headers = { origin }
  const tokens = `${origin}/bodhi/v1/tokens`
  const issued = await page.request.post(tokens, { headers, data: wanted })
  const { id, token: credential } = (await issued.json()) as { id: string; token: string }
  if (fate === 'revoke') await page.request.delete(`${tokens}/${id}`, { headers })
  if (fate === 'disable') {
    await page.request.patch(`${tokens}/${id}`, { headers, data: { status: 'inactive' } })
  }
  if (fate === 'use')
    await fetch(`${origin}/v1/models`, { headers: { authorization: `Bearer ${credential}` } })
}

/** The host has run for minutes; its tokens are to look as if it had for a month. */
function makeOlder(): void {
  const database = new Database(join(dataDir, 'bodhi.db'))
  const age = AGE_DAYS * DAY_MS
  database
    .prepare(
      `UPDATE api_tokens SET created_at = created_at - ?, updated_at = updated_at - ?,
       idle_from = CASE WHEN name = 'Weekly report' THEN idle_from - ? ELSE idle_from END,
       idle_day = CASE WHEN name = 'Weekly report' THEN idle_day - ${AGE_DAYS} ELSE idle_day END`,
    )
    .run(age, age, age)
  database.close()
}

async function reopen(page: Page): Promise<void> {
  await page.goto(new URL('/settings/api-tokens', page.url()).href)
  await page.locator('.spark').first().waitFor()
  await page.waitForLoadState('networkidle')
}

async function shoot(page: Page, name: string): Promise<void> {
  await page.screenshot({ path: join(IMAGES, `${name}.png`) })
}

/** Thirty days that differ from token to token, and are quiet at weekends. */
function month(url: string) {
  const seed = [...url].reduce((sum, character) => sum + character.charCodeAt(0), 0)
  return Array.from({ length: 30 }, (_, index) => {
    const time = Date.now() - (29 - index) * DAY_MS
    const weekday = new Date(time).getUTCDay()
    const busy = weekday === 0 || weekday === 6 ? 4 : 40
    return {
      date: new Date(time).toISOString().slice(0, 10),
      requests: Math.round(busy * (1 + Math.sin(seed + index * 1.7) * 0.6)),
    }
  })
}
