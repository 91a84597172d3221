/** Measures two servers in turn, slice by slice, so that a drift of the machine affects both. */

export interface Pair<Slice> {
  readonly before: Slice
  readonly variant: Slice
  readonly after: Slice
}

/** The indexes of the two servers in their process. */
export interface Order {
  readonly of: 0 | 1
  readonly variant: 0 | 1
}

/** How much is measured. */
export interface Effort {
  readonly slices: number
  /** The process is restarted after this number of slices. */
  readonly slicesPerRun: number
  /** The warm-up of each server, in milliseconds. */
  readonly warmUpMs: number
}

const VARIANT_LAST: Order = { of: 0, variant: 1 }
const VARIANT_FIRST: Order = { of: 1, variant: 0 }

/**
 * Calls `run` for part of the slices until all are measured. Each run starts a new process: memory layout and compiler
 * make a process up to a fifth faster or slower for its whole life. Within a process the server that started last is
 * about 2 % faster, so the order alternates.
 */
export async function inRuns<Slice>(
  { slices, slicesPerRun }: Effort,
  run: (slices: number, order: Order) => Promise<readonly Pair<Slice>[]>,
): Promise<readonly Pair<Slice>[]> {
  const pairs: Pair<Slice>[] = []
  const perRun = Math.ceil(slices / Math.ceil(slices / slicesPerRun))
  for (let index = 0; pairs.length < slices; index += 1) {
    const order = index % 2 === 0 ? VARIANT_LAST : VARIANT_FIRST
    pairs.push(...(await run(Math.min(perRun, slices - pairs.length), order)))
  }
  return pairs
}

/** Measures slices of the one and of the other in turn. */
export async function inTurn<Slice>(
  slices: number,
  ofSlice: () => Promise<Slice>,
  variantSlice: () => Promise<Slice>,
): Promise<readonly Pair<Slice>[]> {
  const pairs: Pair<Slice>[] = []
  let before = await ofSlice()
  for (let turn = 0; turn < slices; turn += 1) {
    const variant = await variantSlice()
    const after = await ofSlice()
    pairs.push({ before, variant, after })
    before = after
  }
  return pairs
}

/** The value of each slice of the variant, relative to the mean of its two neighbors. */
export function ratiosOf<Slice>(
  pairs: readonly Pair<Slice>[],
  sliceValue: (slice: Slice) => number,
): number[] {
  return pairs.map(
    ({ before, variant, after }) => sliceValue(variant) / ((sliceValue(before) + sliceValue(after)) / 2),
  )
}
