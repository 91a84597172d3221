/** The comparisons of `npm run bench` and their targets. */

import type { Carrying } from './load.ts'
import { BEFORE, variantNamed, variants } from './variants/all.ts'

export interface Comparison {
  readonly variant: string
  readonly of: string
  readonly carrying: Carrying
  /** The minimum of the lower end of the interval. */
  readonly target?: number
}

export interface LatencyComparison {
  /** `p99` with 50 connections, or the median latency of a `single` connection with one request at a time. */
  readonly measure: 'p99' | 'single'
  readonly variant: string
  readonly of: string
  /** The maximum of the upper end of the interval. */
  readonly target?: number
}

/** The variant without any check. */
export const BARE = 'bare'

const CARRYING: readonly Carrying[] = ['connection', 'rotating']

const OF_BARE = [
  BARE,
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

/** Compared with bare Fastify by rotating tokens only. */
const ROTATING_OF_BARE = [
  'by-hand-cold-sqlite',
  'cold-postgres',
  'by-hand-cold-postgres',
  'cold-mariadb',
] as const

/** Also compared with bare Fastify once they exist. */
const COMPACT = ['compact-warm', 'compact-cold', 'compact-forged'].filter((name) =>
  variants.some((variant) => variant.name === name),
)

const OF_BARE_TARGETS: Readonly<Record<string, number>> = {
  'warm connection': 0.97,
  'warm rotating': 0.81,
  'cold rotating': 0.45,
  'forged rotating': 0.7,
  'compact-cold rotating': 0.5,
  'compact-forged rotating': 0.8,
}

const WARM_OF: Readonly<Record<string, number>> = {
  'by-hand': 1.02,
  'bearer-one': 1.03,
  'jwt-cached': 1.6,
  'better-auth': 45,
}

export const comparisons: readonly Comparison[] = [
  ...[...OF_BARE, ...COMPACT].flatMap((variant) => CARRYING.map((carrying) => ofBare(variant, carrying))),
  ...ROTATING_OF_BARE.map((variant) => ofBare(variant, 'rotating')),
  ...Object.entries(WARM_OF).map(([of, target]) => ({
    variant: 'warm',
    of,
    carrying: 'connection' as const,
    target,
  })),
  ...CARRYING.map((carrying) => ({ variant: 'warm-addresses', of: 'warm', carrying, target: 0.97 })),
  { variant: 'cold', of: 'by-hand-cold-sqlite', carrying: 'rotating', target: 2.2 },
  { variant: 'cold-postgres', of: 'by-hand-cold-postgres', carrying: 'rotating', target: 1.8 },
  { variant: 'cold-postgres-users', of: 'by-hand-cold-postgres-users', carrying: 'rotating', target: 1.4 },
  // Shows what a cold verification costs besides the signature.
  { variant: 'cold', of: 'jwt', carrying: 'rotating' },
]

const COLD_PAIRS = [
  ['cold', 'by-hand-cold-sqlite'],
  ['cold-postgres', 'by-hand-cold-postgres'],
] as const

const P99_TARGET = 0.6
const SINGLE_TARGET = 1.05

export const latencyComparisons: readonly LatencyComparison[] = [
  ...COLD_PAIRS.map(([variant, of]) => ({ measure: 'p99' as const, variant, of, target: P99_TARGET })),
  ...COLD_PAIRS.map(([variant, of]) => ({ measure: 'single' as const, variant, of, target: SINGLE_TARGET })),
]

/** The p99 of a valid client while half of the load has invalid signatures, relative to a load without: at most. */
export const FLOOD_TARGET = 1.2

/** The variants of the plugin, each compared with the same variant of earlier code. */
const PLUGIN = ['warm', 'cold', 'cold-postgres', 'cold-postgres-users', 'cold-mariadb', 'forged'] as const

export const comparisonsWithBefore: readonly Comparison[] = PLUGIN.flatMap((variant) =>
  CARRYING.map((carrying) => ({ variant, of: `${BEFORE}${variant}`, carrying })),
)

export const latencyComparisonsWithBefore: readonly LatencyComparison[] = (
  ['cold', 'cold-postgres', 'cold-mariadb'] as const
).flatMap((variant) => [
  { measure: 'p99', variant, of: `${BEFORE}${variant}` },
  { measure: 'single', variant, of: `${BEFORE}${variant}`, target: SINGLE_TARGET },
])

/** The name on the command line: `warm/bare/rotating`, or `p99/cold/by-hand-cold-sqlite`. */
export function nameOf(comparison: Comparison | LatencyComparison): string {
  const { variant, of } = comparison
  return 'measure' in comparison
    ? `${comparison.measure}/${variant}/${of}`
    : `${variant}/${of}/${comparison.carrying}`
}

/** The database servers that a comparison needs. */
export function serversOf({ variant, of }: Comparison | LatencyComparison) {
  return [variant, of].flatMap((name) => variantNamed(name).needs ?? [])
}

function ofBare(variant: string, carrying: Carrying): Comparison {
  const target = OF_BARE_TARGETS[`${variant} ${carrying}`]
  return { variant, of: BARE, carrying, ...(target === undefined ? {} : { target }) }
}
