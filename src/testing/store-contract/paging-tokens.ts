/** The contract of paging: keyset pages in every order, without duplicates or gaps, also during inserts. */

import { deepEqual, equal, ok } from 'node:assert/strict'
import {
  type PagePosition,
  SORT_FIELDS,
  type SortField,
  type TokenPage,
  type TokenStore,
} from '../../store/token-store.ts'
import { hasFields, id, NOW, numbers, pagesOf, put, query, type StoreTest } from './records.ts'

/** Names in the order of their bytes, ids by number; equal names and absent ones among them. */
const NAMES = ['b', null, 'a', 'B', 'a', null, 'é', 'z', '𝕏', '\uFF5E', 'aa', 'a b', 'b', '', null]
const USES = [5, null, 3, null, 5, 5, 1, null, 2, 9, null, 5, 1, 1, null]

export function pagingTokens(test: StoreTest): void {
  for (const sort of SORT_FIELDS) {
    for (const descending of [false, true]) {
      const order = `${sort} ${descending ? 'descending' : 'ascending'}`

      test(`pages of every size in the order of ${order} make up the whole list`, async ({ store }) => {
        await putAll(store)
        const whole = await pagesOf(store, { sort, descending, limit: 100 })
        deepEqual(whole, [inOrder(sort, descending)])
        for (const limit of [1, 2, 4, 7, 14, 15]) {
          const pages = await pagesOf(store, { sort, descending, limit })
          deepEqual(pages.flat(), whole.flat(), `pages of ${limit}`)
          ok(
            pages.slice(0, -1).every((page) => page.length === limit),
            `full pages of ${limit}`,
          )
        }
      })

      test(`tokens that come between two pages by ${order} move none of the others`, async ({ store }) => {
        await putAll(store)
        const first = await store.listTokens(query({ sort, descending, limit: 6 }))
        for (let n = 100; n < 110; n += 1) await put(store, n, { name: n % 2 === 0 ? 'a' : null })
        await put(store, 0, { name: 'm', lastUsedAt: NOW + 4 })
        const rest = await pagesOf(store, { sort, descending, limit: 6, after: nextOf(first) })
        const old = [...numbers(first.tokens), ...rest.flat()].filter((n) => n > 0 && n < 100)
        deepEqual(old, inOrder(sort, descending))
      })
    }
  }

  test('every page knows the total and where the next one begins', async ({ store }) => {
    for (let n = 0; n < 15; n += 1) await put(store, n)
    const first = await store.listTokens(query({ limit: 10 }))
    hasFields(first, { next: { value: null, id: id(9) }, total: 15 })
    equal(first.tokens.length, 10)
    const second = await store.listTokens(query({ limit: 10, after: nextOf(first) }))
    hasFields(second, { next: null, total: 15 })
    equal(second.tokens.length, 5)
    const exact = await store.listTokens(query({ limit: 15 }))
    equal(exact.next, null, 'a page that is just full is the last')
  })

  test('a position whose token is gone still parts the list at its place', async ({ store }) => {
    for (const n of [1, 2, 4, 5]) await put(store, n, { name: `n${n}` })
    const after = { value: 'n3', id: id(3) }
    const forth = await store.listTokens(query({ sort: 'name', after }))
    const back = await store.listTokens(query({ sort: 'name', descending: true, after }))
    deepEqual(numbers(forth.tokens), [4, 5])
    deepEqual(numbers(back.tokens), [2, 1])
  })

  test('a page behind the last row is empty and still knows the total', async ({ store }) => {
    await put(store, 1)
    const page = await store.listTokens(query({ after: { value: null, id: id(1) } }))
    hasFields(page, { next: null, total: 1 })
    deepEqual(page.tokens, [])
  })

  test('filters hold on every page', async ({ store }) => {
    for (let n = 0; n < 12; n += 1) await put(store, n, { name: n % 3 === 0 ? 'Every third' : 'other' })
    const pages = await pagesOf(store, { limit: 3, sort: 'name', descending: true, text: 'third' })
    deepEqual(pages, [[9, 6, 3], [0]])
  })
}

async function putAll(store: TokenStore): Promise<void> {
  for (const [index, name] of NAMES.entries()) {
    const used = USES[index] ?? null
    await put(store, index + 1, { name, lastUsedAt: used === null ? null : NOW + used })
  }
}

/** What the list must be, sorted here by the bytes of names, and by 0 for no use. */
function inOrder(sort: SortField, descending: boolean): number[] {
  const all = NAMES.map((_, index) => index)
  const byId = (a: number, b: number) => a - b
  const byName = (a: number, b: number) =>
    Buffer.compare(Buffer.from(NAMES[a] ?? ''), Buffer.from(NAMES[b] ?? '')) || byId(a, b)
  const byUse = (a: number, b: number) => (USES[a] ?? -NOW) - (USES[b] ?? -NOW) || byId(a, b)
  const orders = { created_at: byId, name: byName, last_used_at: byUse }
  const sorted = all.sort(orders[sort]).map((index) => index + 1)
  return descending ? sorted.reverse() : sorted
}

function nextOf({ next }: TokenPage): PagePosition {
  if (next === null) throw new Error('the page is the last one')
  return next
}
