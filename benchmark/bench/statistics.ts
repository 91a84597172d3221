/** The median of a sample and its confidence interval. */

export interface Estimate {
  readonly median: number
  /** The 95 % interval of the median. */
  readonly low: number
  readonly high: number
}

/**
 * The median with its 95 % interval by order statistics, which assume no distribution. The interval goes from the k-th
 * smallest to the k-th largest value, for the largest k with a confidence of at least 95 %.
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

/** The number of values below the interval: a binomial tail of at most 2.5 %. */
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
