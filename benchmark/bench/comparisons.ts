/** What `npm run bench` compares with what, and what it must reach. */

import type { Carrying } from './load.ts'

export interface Comparison {
  readonly variant: string
  readonly of: string
  readonly carrying: Carrying
  /** The least that the lower end of the interval may be. */
  readonly target?: number
}

const OF_BARE = [
  'bare',
  'warm',
  'scopes',
  'by-hand',
  'bearer-one',
  'bearer-many',
  'jwt',
  'jwt-cached',
  'better-auth',
  'better-auth-deferred',
  'better-auth-wal',
  'cold',
  'forged',
] as const

const TARGETS: Readonly<Record<string, number>> = {
  'warm connection': 0.95,
  'warm rotating': 0.9,
  'cold rotating': 0.25,
  'cold connection': 0.25,
  'forged connection': 0.36,
  'forged rotating': 0.36,
}

const WARM_OF: Readonly<Record<string, number>> = {
  'by-hand': 1.02,
  'bearer-one': 1.03,
  'jwt-cached': 1.6,
  'better-auth': 45,
}

export const comparisons: readonly Comparison[] = [
  ...OF_BARE.flatMap((variant) =>
    (['connection', 'rotating'] as const).map((carrying) => {
      const target = TARGETS[`${variant} ${carrying}`]
      return { variant, of: 'bare', carrying, ...(target === undefined ? {} : { target }) }
    }),
  ),
  ...Object.entries(WARM_OF).map(([of, target]) => ({
    variant: 'warm',
    of,
    carrying: 'connection' as const,
    target,
  })),
  // No target: what else is done on the cold path, beside the check of the signature alone.
  { variant: 'cold', of: 'jwt', carrying: 'rotating' },
]

/** As it is named on the command line: `warm/bare/rotating`. */
export function nameOf({ variant, of, carrying }: Comparison): string {
  return `${variant}/${of}/${carrying}`
}

/** How much longer a good client may wait for its slowest hundredth of answers while half the load is forged. */
export const FLOOD_TARGET = 1.3
