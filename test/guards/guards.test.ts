/** The guards stay true to the source: what they remove is there, once, and so are the tests that must notice. */

import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
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
  for (const promise of [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14])
    t.ok(guarded.has(promise), `promise ${promise}`)
})
