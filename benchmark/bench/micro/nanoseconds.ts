/** The time of one call in nanoseconds, by mitata: the median of samples. Arguments are created before a sample. */

import { measure } from 'mitata'

/** Few enough that the arguments stay in the CPU cache, as a header does that a server has just parsed. */
const CALLS_IN_A_SAMPLE = 128

/** mitata uses the results, so that the compiler cannot remove the work. */
export async function nanoseconds<T>(argument: () => T, work: (argument: T) => unknown): Promise<number> {
  const { p50 } = await measure(
    function* () {
      yield { 0: argument, bench: work }
    } as () => Generator<() => unknown>,
    { batch_samples: CALLS_IN_A_SAMPLE },
  )
  return p50
}
