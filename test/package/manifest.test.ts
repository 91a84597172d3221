/** The content of package.json and its lock file. */

import { readFile } from 'node:fs/promises'
import t from 'tap'

const read = async (path: string) => JSON.parse(await readFile(path, 'utf8'))

t.test('a host can omit better-sqlite3, and a clone always has it', async (t) => {
  const { optionalDependencies, devDependencies } = await read('package.json')
  t.equal(devDependencies['better-sqlite3'], optionalDependencies['better-sqlite3'])
  // npm leaves an optional package out, without a word, where its own Node.js is older than the package asks for.
  const { packages } = await read('package-lock.json')
  const entry = packages['node_modules/better-sqlite3']
  t.equal(entry.optional, undefined)
  t.equal(entry.devOptional, undefined)
  t.equal(entry.dev, true)
})

t.test('peer dependencies of dependencies are dependencies too: Yarn does not install peers', async (t) => {
  const { dependencies, peerDependencies } = await read('package.json')
  const { packages } = await read('package-lock.json')
  for (const name of Object.keys(dependencies)) {
    const { peerDependencies: peers = {}, peerDependenciesMeta: meta = {} } = packages[`node_modules/${name}`]
    for (const peer of Object.keys(peers).filter((peer) => meta[peer]?.optional !== true)) {
      t.ok(peer in { ...dependencies, ...peerDependencies }, `${peer}, which ${name} requires`)
    }
  }
})
