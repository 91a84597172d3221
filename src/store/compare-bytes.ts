/** Compares texts as databases with a binary collation do. */

/** Below zero when `a` comes before `b` in the order of their UTF-8 bytes. */
export function compareBytes(a: string, b: string): number {
  return Buffer.compare(Buffer.from(a), Buffer.from(b))
}
