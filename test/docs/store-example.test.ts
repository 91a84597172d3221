/** The guide to writing a store shows the whole example, which is short. */

import t from 'tap'
import { snippetsOf } from './markdown.ts'
import { source } from './sources.ts'

const EXAMPLE = 'examples/json-store.ts'

t.test('the parts in write-a-store.md make up the example of a store, line by line', async (t) => {
  const parts = snippetsOf('docs/guides/write-a-store.md').filter(({ mark }) => mark === 'part')
  t.ok(parts.length > 5, 'the page explains it in parts')
  t.equal(linesOf(parts.map(({ code }) => code).join('')).join('\n'), linesOf(source(EXAMPLE)).join('\n'))
})

t.test('the example of a store has less than 200 lines, and no long ones', async (t) => {
  const lines = source(EXAMPLE).trimEnd().split('\n')
  t.ok(lines.length < 200, `${lines.length} lines`)
  t.same(
    lines.filter((line) => line.length > 120),
    [],
  )
})

t.test('the example of a store imports Node and what the package exports', async (t) => {
  const imports = [...source(EXAMPLE).matchAll(/^(?:import|\}) .*from '(.+)'$/gm)].map(([, name]) => name)
  t.same(new Set(imports), new Set(['node:sqlite', 'fastify-api-tokens/store']))
})

function linesOf(text: string): readonly string[] {
  return text.split('\n').filter((line) => line.trim() !== '')
}
