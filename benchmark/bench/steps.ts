/** The steps that `npm run bench:micro` measures. */

export interface Step {
  readonly name: string
  readonly title: string
  readonly value: number
  readonly unit: 'ns' | 'µs' | 'ms' | 'bytes' | 'statements'
  /** The maximum. */
  readonly target?: number
}
