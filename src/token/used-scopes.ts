/** Which scopes of a token requests have really asked for, as one number: the token's first scope is its lowest bit. */

/** A number has so many whole bits; what a token has beyond them is not counted. */
const MAX_COUNTED = 53

/** The number with the bits of these scopes as well; what the token was not granted has none. */
export function withUsedScopes(used: number, granted: readonly string[], asked: readonly string[]): number {
  return asked.reduce((sum, scope) => withBit(sum, granted.indexOf(scope)), used)
}

/** The scopes whose bits are set, in the order of the token's. */
export function usedScopes(used: number, granted: readonly string[]): readonly string[] {
  return granted.filter((_, bit) => bit < MAX_COUNTED && hasBit(used, bit))
}

/** Whichever of the two has the bit. */
export function eitherUsed(a: number, b: number): number {
  // Operators on bits would cut them to 32.
  return Number(BigInt(a) | BigInt(b))
}

function withBit(used: number, bit: number): number {
  return bit < 0 || bit >= MAX_COUNTED || hasBit(used, bit) ? used : used + 2 ** bit
}

function hasBit(used: number, bit: number): boolean {
  return Math.floor(used / 2 ** bit) % 2 === 1
}
