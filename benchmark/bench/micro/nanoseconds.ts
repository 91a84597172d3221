/** Nanoseconds of one call, by mitata: the median over samples of calls whose arguments are made beforehand. */

import { measure } from 'mitata'

/** So few that the arguments stay in the processor's own cache, as what a server has just parsed does. */
const CALLS_IN_A_SAMPLE = 128

/** What the work gives back is kept, so that the compiler cannot leave the work out. */
export async function nanoseconds<T>(argument: () => T, work: (argument: T) => unknown): Promise<number> {
  const { p50 } = await measure(
    function* () {
      yield { 0: argument, bench: work }
    } as () => Generator<() => unknown>,
    { batch_samples: CALLS_IN_A_SAMPLE },
  )
  return p50
}
