/** Opens pages in Chromium for tests: a browser a file, a person's own context a test. */

import { type Browser, type BrowserContext, chromium } from 'playwright-core'
import t, { type Test } from 'tap'
import { chromiumPath } from './chromium-path.ts'
import { coverElement } from './element-coverage.ts'

const QUIETLY = [
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
]

export async function launchChromium(executablePath: string): Promise<Browser> {
  // In a container there is no user to hold the sandbox for.
  return chromium.launch({ executablePath, headless: true, args: ['--no-sandbox', ...QUIETLY] })
}

/**
 * Runs the tests of a file in one browser. Without a browser the tests are skipped with a message; in CI they fail.
 *
 * @example await inChromium((browser) => t.test('the list', async (t) => { … }))
 */
export async function inChromium(tests: (browser: Browser) => unknown): Promise<void> {
  const path = chromiumPath()
  if (path === undefined) {
    const said = 'no Chromium was found: set CHROMIUM_PATH to test the page'
    t.comment(said)
    t.notOk(process.env['CI'], said)
    return
  }
  const browser = await launchChromium(path)
  t.teardown(() => browser.close())
  await tests(browser)
}

/** A browser profile of its own, closed with the test. What its pages throw or log as an error fails the test. */
export async function freshContext(
  t: Test,
  browser: Browser,
  options: Parameters<Browser['newContext']>[0] = {},
): Promise<BrowserContext> {
  const context = await browser.newContext({
    locale: 'en-GB',
    timezoneId: 'UTC',
    reducedMotion: 'reduce',
    ...options,
  })
  context.setDefaultTimeout(20_000)
  t.teardown(() => context.close())
  await coverElement(t, context)
  context.on('weberror', (error) => t.fail(`the page threw: ${error.error()}`))
  context.on('console', (message) => {
    // A refused request is logged by the browser itself, and is what some tests are about.
    if (message.type() === 'error' && !message.text().startsWith('Failed to load resource')) {
      t.fail(`the page logged: ${message.text()}`)
    }
  })
  return context
}
