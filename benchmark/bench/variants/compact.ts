/** This plugin with compact credentials: warm, cold on SQLite, and with invalid signatures. */

import { randomBytes } from 'node:crypto'
import type { ApiTokensOptions } from '../../../src/index.ts'
import { COLD, startPlugin } from './plugin.ts'
import type { Variant } from './variant.ts'

const COMPACT: ApiTokensOptions = { credentials: 'compact', tokenPrefix: 'bench_' }

export const compactVariants: readonly Variant[] = [
  {
    name: 'compact-warm',
    title: 'this plugin, compact credentials, warm',
    answers: 200,
    start: () => startPlugin(COMPACT),
  },
  {
    name: 'compact-cold',
    title: 'this plugin, compact credentials, cold on SQLite',
    answers: 200,
    start: () => startPlugin({ ...COMPACT, ...COLD }),
  },
  {
    name: 'compact-forged',
    title: 'this plugin, compact credentials, invalid signatures',
    answers: 401,
    start: async () => {
      const { app, credentials } = await startPlugin(COMPACT)
      return { app, credentials: credentials.map(forgeCompact) }
    },
  },
]

const BASE32 = 'abcdefghijklmnopqrstuvwxyz234567'
/** A MAC of 160 bits in base32. */
const MAC_LENGTH = 32

/** The same key hint and id, with another MAC. */
function forgeCompact(credential: string): string {
  const mac = Array.from(randomBytes(MAC_LENGTH), (byte) => BASE32.charAt(byte % BASE32.length))
  return credential.slice(0, -MAC_LENGTH) + mac.join('')
}
