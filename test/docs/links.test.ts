/** All links of the docs have a target, and every page is linked. */

import { existsSync, statSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { anchorsOf, linksOf, pages, ROOT, read } from './markdown.ts'

for (const page of pages()) {
  t.test(`every link of ${page} leads to a file, and its anchor to a heading`, async (t) => {
    for (const { target, anchor } of linksOf(page)) {
      const found = existsSync(join(ROOT, target))
      t.ok(found, `${target} exists`)
      if (!found || anchor === undefined) continue
      t.ok(anchorsOf(target).has(anchor), `${target} has the heading #${anchor}`)
    }
    t.ok(page === 'CHANGELOG.md' || linksOf(page).length > 0, 'it links to something')
  })
}

t.test('the README leads to the index of docs/, and the index to every page of docs/', async (t) => {
  const targets = (page: string) => new Set(linksOf(page).map(({ target }) => target))
  const subjects = pages().filter((page) => page.startsWith('docs/') && page !== 'docs/README.md')
  t.ok(subjects.length >= 13, 'there are pages')
  t.ok(targets('README.md').has('docs/README.md'), 'README.md links to the index')
  for (const page of subjects) {
    t.ok(targets('docs/README.md').has(page), `docs/README.md links to ${page}`)
  }
})

t.test('getting started begins without a warning, and leads to the ready page and to tests', async (t) => {
  const page = 'docs/guides/getting-started.md'
  const [, first = ''] = read(page).split('\n\n')
  t.notMatch(first, /\*\*|warn|must|never|not /i)
  const targets = linksOf(page).map(({ target }) => target)
  for (const guide of ['tokens-page', 'test-your-routes', 'choose-a-store', 'run-in-production']) {
    t.ok(targets.includes(`docs/guides/${guide}.md`), guide)
  }
})

t.test('the README links to the examples', async (t) => {
  const targets = linksOf('README.md').map(({ target }) => target)
  t.ok(targets.includes('examples/minimal.ts'))
  t.ok(targets.some((target) => target.startsWith('examples/bodhi-host')))
  t.ok(statSync(join(ROOT, 'examples/bodhi-host')).isDirectory())
})
