/** The scopes of a token that routes have required, as the bits of a number: the token's first scope is the lowest bit. */

/** The number of exact bits in a JavaScript number. Further scopes of a token are not recorded. */
const MAX_COUNTED = 53

/** The number with the bits of these scopes added. Scopes that the token does not have are ignored. */
export function withUsedScopes(used: number, granted: readonly string[], asked: readonly string[]): number {
  return asked.reduce((sum, scope) => withBit(sum, granted.indexOf(scope)), used)
}

/** The scopes whose bits are set, in the order of the token's scopes. */
export function usedScopes(used: number, granted: readonly string[]): readonly string[] {
  return granted.filter((_, bit) => bit < MAX_COUNTED && hasBit(used, bit))
}

/** The bits that are set in either number. */
export function eitherUsed(a: number, b: number): number {
  if (a === 0 || b === 0) return a + b
  // Bitwise operators on numbers are limited to 32 bits.
  return Number(BigInt(a) | BigInt(b))
}

function withBit(used: number, bit: number): number {
  return bit < 0 || bit >= MAX_COUNTED || hasBit(used, bit) ? used : used + 2 ** bit
}

function hasBit(used: number, bit: number): boolean {
  return Math.floor(used / 2 ** bit) % 2 === 1
}
