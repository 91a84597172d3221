/** Finds Chromium on this machine. */

import { existsSync } from 'node:fs'

const PLACES = [
  '/usr/bin/chromium',
  '/usr/bin/chromium-browser',
  '/usr/bin/google-chrome',
  '/usr/bin/google-chrome-stable',
  '/Applications/Chromium.app/Contents/MacOS/Chromium',
  '/Applications/Google Chrome.app/Contents/MacOS/Google Chrome',
]

/** `CHROMIUM_PATH`, or the first of the well-known places that has one. */
export function chromiumPath(): string | undefined {
  const named = process.env['CHROMIUM_PATH']
  return (named ? [named] : PLACES).find((place) => existsSync(place))
}
