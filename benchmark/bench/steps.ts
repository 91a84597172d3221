/** What `npm run bench:micro` measures, and what it must reach. */

export interface Step {
  readonly name: string
  readonly title: string
  readonly value: number
  readonly unit: 'ns' | 'µs' | 'ms' | 'bytes' | 'statements'
  /** The most that it may be. */
  readonly target?: number
}
