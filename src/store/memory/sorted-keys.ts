/** A sorted list of texts, in the byte order of the databases, with binary search. */

import { compareBytes } from '../compare-bytes.ts'

export class SortedKeys {
  readonly #keys: string[] = []

  get length(): number {
    return this.#keys.length
  }

  add(key: string): void {
    this.#keys.splice(this.countBefore(key), 0, key)
  }

  delete(key: string): void {
    const index = this.countBefore(key)
    if (this.#keys[index] === key) this.#keys.splice(index, 1)
  }

  /** The number of keys before this one. */
  countBefore(key: string): number {
    let [low, high] = [0, this.#keys.length]
    while (low < high) {
      const middle = (low + high) >>> 1
      if (compareBytes(this.#keys[middle] ?? '', key) < 0) low = middle + 1
      else high = middle
    }
    return low
  }

  /** At most `limit` keys from that index on, or, descending, back from it. */
  slice(place: number, limit: number, descending: boolean): readonly string[] {
    return descending
      ? this.#keys.slice(Math.max(0, place - limit), place).reverse()
      : this.#keys.slice(place, place + limit)
  }
}
