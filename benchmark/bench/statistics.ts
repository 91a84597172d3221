/** The median of a sample and how far it may be off. */

export interface Estimate {
  readonly median: number
  /** The 95 % interval of the median. */
  readonly low: number
  readonly high: number
}

/**
 * The median with its 95 % interval by order statistics, which presumes nothing of how the values are spread: of n
 * values the k-th from either end, for the largest k that holds the median with 95 %.
 */
export function estimate(values: readonly number[]): Estimate {
  const sorted = values.toSorted((a, b) => a - b)
  const at = (index: number) => sorted[index] ?? Number.NaN
  const middle = sorted.length / 2
  const k = outerRank(sorted.length)
  return {
    median: (at(Math.ceil(middle) - 1) + at(Math.floor(middle))) / 2,
    low: at(k),
    high: at(sorted.length - 1 - k),
  }
}

/** How many values may be left out at each end: the binomial tail below it weighs 2.5 % at most. */
function outerRank(n: number): number {
  let weight = 0.5 ** n
  let tail = weight
  let k = 0
  while (tail <= 0.025) {
    weight *= (n - k) / (k + 1)
    k += 1
    tail += weight
  }
  return Math.max(0, k - 1)
}
