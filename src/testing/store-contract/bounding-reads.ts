/** The contract of `maxRows`: a page reads a bounded number of tokens, whatever matches, and the next one goes on. */

import { deepEqual, equal, ok } from 'node:assert/strict'
import { SORT_FIELDS, type TokenQuery } from '../../store/token-store.ts'
import { DAY, id, NOW, numbers, pagesOf, put, query, type StoreTest } from './records.ts'

const TOKENS = 12
const ALL = Array.from({ length: TOKENS }, (_, n) => n)

export function boundingReads(test: StoreTest): void {
  for (const sort of SORT_FIELDS) {
    for (const descending of [false, true]) {
      const order = `${sort} ${descending ? 'descending' : 'ascending'}`

      test(`promise 15: filters that match nothing end each page after maxRows tokens, by ${order}`, async ({
        store,
      }) => {
        for (const n of ALL) await put(store, n, { name: `n${n % 3}` })
        for (const filter of [{ text: 'nothing' }, { statuses: ['expired'] }] as const) {
          const pages = await pagesOf(store, { ...filter, sort, descending, maxRows: 5 })
          deepEqual(pages, [[], [], []], JSON.stringify(filter))
        }
      })

      test(`promise 15: short pages by ${order} hold every match once`, async ({ store }) => {
        for (const n of ALL) {
          const name = n % 4 === 0 ? null : 'a'
          await put(store, n, { name, description: n % 3 === 0 ? 'third' : null, lastUsedAt: NOW + (n % 5) })
        }
        for (const limit of [1, 2, 100]) {
          for (const maxRows of [1, 3, 4, TOKENS, 100]) {
            const pages = await pagesOf(store, { text: 'third', sort, descending, limit, maxRows })
            deepEqual(pages.flat().toSorted(byNumber), [0, 3, 6, 9], `${limit} of ${maxRows}`)
            ok(pages.every((page) => page.length <= limit))
          }
        }
      })
    }
  }

  test('promise 15: without filters a page by time or name is full, however few rows are read', async ({
    store,
  }) => {
    for (const n of ALL) await put(store, n)
    for (const sort of ['created_at', 'name'] as const) {
      const page = await store.listTokens(query({ sort, limit: 10, maxRows: 3 }))
      equal(page.tokens.length, 10)
    }
  })

  test('promise 15: an owner with more than maxRows tokens has no total', async ({ store }) => {
    for (const n of ALL) await put(store, n, { expiresAt: n % 2 === 0 ? NOW : null })
    const total = async (fields: Partial<TokenQuery>) => (await store.listTokens(query(fields))).total
    equal(await total({ maxRows: TOKENS }), TOKENS)
    equal(await total({ maxRows: TOKENS - 1 }), null)
    equal(await total({ maxRows: TOKENS, statuses: ['expired'] }), TOKENS / 2)
    equal(await total({ maxRows: TOKENS - 1, statuses: ['expired'] }), null)
  })

  test('promise 15: by last use no more than maxRows tokens are sorted at a time', async ({ store }) => {
    for (const n of ALL) await put(store, n, { lastUsedAt: NOW + ((n * 5) % TOKENS) })
    const pages = await pagesOf(store, { sort: 'last_used_at', descending: true, limit: 3, maxRows: 4 })
    deepEqual(pages.flatMap((page) => page.toSorted(byNumber)).toSorted(byNumber), ALL)
    const newest = await store.listTokens(query({ sort: 'last_used_at', descending: true, maxRows: 4 }))
    deepEqual(
      numbers(newest.tokens),
      [11, 9, 10, 8].toSorted((a, b) => ((b * 5) % TOKENS) - ((a * 5) % TOKENS)),
    )
  })

  test('promise 15: a stretch that a cursor makes longer is cut', async ({ store }) => {
    for (const n of ALL) await put(store, n, { lastUsedAt: NOW - n })
    const stretch = { first: id(0), last: null }
    const page = await store.listTokens(
      query({ sort: 'last_used_at', maxRows: 4, after: { value: 0, id: id(0), stretch } }),
    )
    deepEqual(numbers(page.tokens), [3, 2, 1, 0], 'the first four, not the four that were used first')
  })

  test('tokens that come or are pruned between pages by last use neither hide nor repeat one', async ({
    store,
  }) => {
    for (const n of ALL) await put(store, n + 10, { lastUsedAt: NOW + n })
    for (const descending of [true, false]) {
      const fields = { sort: 'last_used_at', descending, limit: 2, maxRows: 5 } as const
      const first = await store.listTokens(query(fields))
      await put(store, descending ? 100 : 101, { lastUsedAt: NOW + DAY })
      const gone = first.tokens[0]
      await store.revokeToken(gone?.id ?? '', { now: NOW - DAY })
      equal(await store.prune({ rows: 'tokens', endedBefore: NOW }, 10), 1)
      const rest = await pagesOf(store, { ...fields, after: first.next ?? undefined })
      const seen = [...numbers(first.tokens), ...rest.flat()].filter((n) => n < 100)
      equal(new Set(seen).size, seen.length)
      equal(seen.length, descending ? TOKENS : TOKENS - 1)
    }
  })
}

function byNumber(a: number, b: number): number {
  return a - b
}
