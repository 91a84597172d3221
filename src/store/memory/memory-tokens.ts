/** The tokens in memory: by id, and by owner in each sort order. */

import { endsAt } from '../../token/status.ts'
import type { OwnerRecord, TokenRecord } from '../../token/token.ts'
import { nameAndId } from '../name-and-id.ts'
import type { PageRange } from '../owner-page.ts'
import type { MaxAgeMs } from '../token-store.ts'
import { SortedKeys } from './sorted-keys.ts'

/** The sort orders of an owner's tokens. Each key ends with the token's id. */
export type KeyOrder = 'id' | 'name' | 'end'

type Keys = Readonly<Record<KeyOrder, string>>

const ORDERS: readonly KeyOrder[] = ['id', 'name', 'end']
const NEVER = 999_999_999_999_999

export class MemoryTokens {
  readonly #tokens = new Map<string, TokenRecord>()
  readonly #owners = new Map<string, Readonly<Record<KeyOrder, SortedKeys>>>()

  get size(): number {
    return this.#tokens.size
  }

  get(id: string): TokenRecord | undefined {
    return this.#tokens.get(id)
  }

  has(id: string): boolean {
    return this.#tokens.has(id)
  }

  values(): IterableIterator<TokenRecord> {
    return this.#tokens.values()
  }

  put(token: TokenRecord): TokenRecord {
    const before = this.#tokens.get(token.id)
    this.#tokens.set(token.id, token)
    const [old, now] = [before && keysOf(before), keysOf(token)]
    const orders = this.#ordersOf(token.userId)
    for (const order of ORDERS) {
      if (old?.[order] === now[order]) continue
      if (old !== undefined) orders[order].delete(old[order])
      orders[order].add(now[order])
    }
    return token
  }

  delete(id: string): void {
    const token = this.#tokens.get(id)
    if (token === undefined) return
    this.#tokens.delete(id)
    const [keys, orders] = [keysOf(token), this.#ordersOf(token.userId)]
    for (const order of ORDERS) orders[order].delete(keys[order])
    if (orders.id.length === 0) this.#owners.delete(token.userId)
  }

  read({ userId, order, descending, from, limit }: KeyRange): readonly TokenRecord[] {
    const keys = this.#owners.get(userId)?.[order]
    if (keys === undefined) return []
    const start =
      from === null ? (descending ? keys.length : 0) : keys.countBefore(startKey(from, descending))
    return keys.slice(start, limit, descending).flatMap((key) => this.#tokens.get(idIn(key, order)) ?? [])
  }

  /** The numbers of the owner's tokens that have not ended at `now`, and that have. */
  count(
    { userId, generation }: OwnerRecord,
    now: number,
    maxAgeMs: MaxAgeMs,
  ): { readonly living: number; readonly ended: number } {
    const ends = this.#owners.get(userId)?.end
    if (ends === undefined) return { living: 0, ended: 0 }
    const first = ends.countBefore(endKey(generation, now + 1, ''))
    const ended = first + this.#countAged(ends, first, now, maxAgeMs)
    return { living: ends.length - ended, ended }
  }

  /** How many of the tokens from that index on have reached the maximum age. */
  #countAged(ends: SortedKeys, first: number, now: number, maxAgeMs: MaxAgeMs): number {
    if (maxAgeMs === null || maxAgeMs === undefined) return 0
    const ids = ends.slice(first, ends.length, false).map((key) => idIn(key, 'end'))
    return ids.filter((id) => (this.#tokens.get(id)?.createdAt ?? now) <= now - maxAgeMs).length
  }

  #ordersOf(userId: string): Readonly<Record<KeyOrder, SortedKeys>> {
    const known = this.#owners.get(userId)
    if (known !== undefined) return known
    const orders = { id: new SortedKeys(), name: new SortedKeys(), end: new SortedKeys() }
    this.#owners.set(userId, orders)
    return orders
  }
}

/** A range in one of the sort orders. */
export type KeyRange = Omit<PageRange, 'order'> & { readonly order: KeyOrder }

/** No other key sorts between a key and the same key followed by NUL. */
function startKey({ key, inclusive }: NonNullable<KeyRange['from']>, descending: boolean): string {
  return inclusive === descending ? `${key}\0` : key
}

function keysOf(token: TokenRecord): Keys {
  const end = Math.min(token.revokedAt ?? NEVER, endsAt(token, null) ?? NEVER)
  return {
    id: token.id,
    name: nameAndId(token.name, token.id),
    end: endKey(token.generation, end, token.id),
  }
}

/** Sorts by generation, then by end: ended tokens come first. */
function endKey(generation: number, end: number, id: string): string {
  return [String(generation).padStart(10, '0'), String(Math.max(0, end)).padStart(15, '0'), id].join('\u0001')
}

function idIn(key: string, order: KeyOrder): string {
  return order === 'id' ? key : key.slice(key.lastIndexOf('\u0001') + 1)
}
