/** Compares a secret text with one from outside. */

import { timingSafeEqual } from 'node:crypto'

/** Takes the same time wherever the texts differ, so that the time reveals nothing about the expected one. */
export function isSameText(given: string, expected: string): boolean {
  const [one, other] = [Buffer.from(given), Buffer.from(expected)]
  return one.length === other.length && timingSafeEqual(one, other)
}
