/** The guards stay true to the source: what they remove is there, once, and so are the tests that must notice. */

import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { chooseForCi, digestOf, readProven } from './choose.ts'
import type { Guard } from './guard.ts'
import { guards } from './guards.ts'

const root = join(import.meta.dirname, '../..')

t.test('each guard removes a text that stands exactly once, and names tests that exist', async (t) => {
  t.ok(guards.length >= 40, 'at least 40')
  t.equal(new Set(guards.map(({ name }) => name)).size, guards.length, 'each has a name of its own')
  for (const { name, file, remove, put, tests } of guards) {
    t.equal(readFileSync(join(root, file), 'utf8').split(remove).length - 1, 1, name)
    t.not(put, remove)
    t.ok(tests.length > 0 && tests.every((test) => existsSync(join(root, test))), tests.join(', '))
  }
})

t.test('every promise that is kept on one machine has a guard', async (t) => {
  const guarded = new Set(guards.map(({ name }) => Number(/^promise (\d+):/.exec(name)?.[1])))
  for (const promise of [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16])
    t.ok(guarded.has(promise), `promise ${promise}`)
})

t.test(
  'CI runs the guards that changed since they were proven, and a tenth of the others each day',
  async (t) => {
    const proven = Object.fromEntries(guards.map((guard) => [guard.name, digestOf(guard)]))
    const [changed, unproven] = guards
    const record = { ...proven, [String(changed?.name)]: 'another' }
    delete record[String(unproven?.name)]
    const day = 86_400_000
    const seen = new Set<Guard>()
    for (let n = 0; n < 10; n += 1) {
      const chosen = chooseForCi(guards, record, n * day + 1)
      t.same(chosen.slice(0, 2), [changed, unproven], 'those that changed come first')
      t.ok(chosen.length <= guards.length / 10 + 3, `${chosen.length} of ${guards.length}`)
      t.same(chooseForCi(guards, record, n * day + 2), chosen, 'the same all day')
      for (const guard of chosen) seen.add(guard)
    }
    t.equal(seen.size, guards.length, 'all of them within ten days')
  },
)

t.test('the record of proven guards is readable and names guards', async (t) => {
  for (const [name, digest] of Object.entries(readProven())) {
    t.match(digest, /^[0-9a-f]{16}$/, name)
  }
})

t.test('the files that measure time run alone, and not with the others', async (t) => {
  const { scripts, tap } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'))
  const alone = scripts['test:timed'].split(' ').filter((word: string) => word.endsWith('.test.ts'))
  t.match(scripts['test:timed'], /^tap .*--jobs=1 /)
  t.match(scripts.test, /npm run --silent test:timed && tap /)
  t.same(
    tap.exclude.filter((pattern: string) => pattern.endsWith('.test.ts')),
    alone,
  )
  t.ok(alone.length > 0 && alone.every((file: string) => existsSync(join(root, file))))
})
