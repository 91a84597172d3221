/** The structure of `src`: imports run one way, each package is imported in its own place, files stay small. */

import { globSync, readFileSync } from 'node:fs'
import { builtinModules } from 'node:module'
import { dirname, join } from 'node:path'
import t from 'tap'

const SRC = join(import.meta.dirname, '../src')

interface SourceFile {
  /** From src: `http/hook.ts`. */
  readonly path: string
  readonly text: string
  /** Files of `src` that it imports, including types. */
  readonly imports: readonly string[]
  /** Packages that it imports, including types. */
  readonly packages: readonly string[]
}

/** Each folder may import the layers before it, and itself, but not the other folders of its own layer. */
const LAYERS = [
  ['token'],
  ['keys', 'store'],
  ['jobs'],
  ['invalidation', 'usage'],
  ['verification'],
  ['lifecycle'],
  ['http'],
  ['admin', 'oauth', 'ui'],
  ['cli'],
] as const

/** Files of the root that every folder except `token` may import. They import only each other. */
const FOUNDATION = [
  'clock.ts',
  'duration.ts',
  'errors.ts',
  'node-version.ts',
  'option-values.ts',
  'trusted-origins.ts',
  'utc-day.ts',
  'with-timeout.ts',
]

/** Files of the root that the CLI opens the plugin with. */
const OPENED_BY_CLI = ['api-tokens-alone.ts', 'options.ts']

/** Which files may import a package. A folder stands for all files in it. */
const KNOWN_BY: Readonly<Record<string, readonly string[]>> = {
  fastify: [
    'http/',
    'admin/',
    'oauth/',
    'ui/',
    'plugin.ts',
    'api-tokens-alone.ts',
    'instance.ts',
    'timers.ts',
    'keys/signer.ts',
  ],
  'fastify-plugin': ['plugin.ts', 'testing/api-tokens-for-tests.ts'],
  '@fastify/error': ['errors.ts', 'http/challenge.ts'],
  '@fastify/jwt': ['keys/signer.ts'],
  '@fastify/type-provider-typebox': ['http/', 'admin/', 'oauth/'],
  typebox: ['http/', 'admin/', 'oauth/'],
  kysely: ['store/kysely/'],
  pg: ['store/kysely/dialects/postgres/'],
  mysql2: ['store/kysely/dialects/mysql/'],
  'better-sqlite3': ['store/kysely/dialects/sqlite/'],
  ioredis: ['invalidation/redis-pubsub.ts', 'invalidation/redis-address.ts'],
  jose: ['oauth/'],
  oauth4webapi: ['oauth/provider-client/offline-tokens.ts'],
  'ipaddr.js': ['verification/address-ranges.ts'],
  'lru-cache': ['verification/verification-cache.ts'],
  '@lukeed/ms': ['duration.ts'],
  uuidv7: ['instance.ts'],
  lit: ['ui/element/'],
}

/** Bundled into the published files: no dependencies. */
const BUNDLED = ['lit']

/** Dependencies that are peers of another dependency: here of `@fastify/type-provider-typebox`. */
const PEERS_OF_DEPENDENCIES = ['ajv-formats']

const files = globSync('**/*.ts', { cwd: SRC }).sort().map(readSource)

t.test('token/ imports nothing from outside and no package', async (t) => {
  const tokens = files.filter(({ path }) => path.startsWith('token/'))
  t.ok(tokens.length > 0, 'there are files')
  for (const { path, imports, packages } of tokens) {
    t.same(
      imports.filter((imported) => !imported.startsWith('token/')),
      [],
      path,
    )
    t.same(packages, [], path)
  }
})

t.test('folders import one way, from http/ down to token/', async (t) => {
  const level = new Map(
    LAYERS.flatMap((folders, index) => folders.map((folder) => [folder as string, index])),
  )
  const upward = files.flatMap(({ path, imports }) => {
    const own = level.get(folderOf(path))
    if (own === undefined) return []
    return imports
      .filter((imported) => folderOf(imported) !== folderOf(path) && !FOUNDATION.includes(imported))
      .filter((imported) => folderOf(path) !== 'cli' || !OPENED_BY_CLI.includes(imported))
      .filter((imported) => (level.get(folderOf(imported)) ?? Infinity) >= own)
      .map((imported) => `${path} -> ${imported}`)
  })
  t.same(upward, [])
  const folders = new Set(files.map(({ path }) => folderOf(path)))
  for (const folder of folders) {
    t.ok(level.has(folder) || folder === '' || folder === 'testing', `${folder}/ is in LAYERS`)
  }
})

t.test('files of FOUNDATION import only each other', async (t) => {
  for (const { path, imports } of files.filter(({ path }) => FOUNDATION.includes(path))) {
    t.same(
      imports.filter((imported) => !FOUNDATION.includes(imported)),
      [],
      path,
    )
  }
})

const STORE_INTERFACE = [
  'store/token-store.ts',
  'store/change-feed.ts',
  'store/device-authorization-store.ts',
]

/** The helpers for tests of hosts import the plugin. The store contract does not. */
const HOST_HELPERS: Readonly<Record<string, readonly string[]>> = {
  'testing/acting-as.ts': ['lifecycle/api-tokens.ts', 'lifecycle/issue-token.ts'],
  'testing/api-tokens-for-tests.ts': ['options.ts', 'plugin.ts', 'store/memory/memory-token-store.ts'],
}

t.test(
  'testing/ imports only the store interface and lower layers; helpers for hosts also import the plugin',
  async (t) => {
    const allowed = (path: string, imported: string) =>
      [...FOUNDATION, ...STORE_INTERFACE, ...(HOST_HELPERS[path] ?? [])].includes(imported) ||
      /^(testing|token)\//.test(imported)
    for (const { path, imports } of files.filter(({ path }) => path.startsWith('testing/'))) {
      t.same(
        imports.filter((imported) => !allowed(path, imported)),
        [],
        path,
      )
    }
  },
)

t.test('imports have no cycles', async (t) => {
  const cycles = files.map(({ path }) => cycleFrom(path)).filter((cycle) => cycle !== undefined)
  t.same(cycles, [])
})

t.test('each package is imported only in its own place', async (t) => {
  for (const [name, places] of Object.entries(KNOWN_BY)) {
    const knowing = files.filter(({ packages }) => packages.includes(name)).map(({ path }) => path)
    t.ok(knowing.length > 0, `${name} is used`)
    const elsewhere = knowing.filter((path) => !places.some((place) => path === place || isIn(path, place)))
    t.same(elsewhere, [], `only ${places.join(', ')} imports ${name}`)
  }
})

t.test('src imports exactly the packages of package.json', async (t) => {
  const { dependencies, optionalDependencies, peerDependencies } = JSON.parse(
    readFileSync(join(SRC, '../package.json'), 'utf8'),
  ) as Record<'dependencies' | 'optionalDependencies' | 'peerDependencies', Record<string, string>>
  const installed = { ...dependencies, ...optionalDependencies, ...peerDependencies }
  const named = [...Object.keys(installed), ...BUNDLED].filter(
    (name) => !PEERS_OF_DEPENDENCIES.includes(name),
  )
  const imported = new Set(files.flatMap(({ packages }) => packages))
  t.same([...imported].toSorted(), named.toSorted())
  t.same(Object.keys(KNOWN_BY).toSorted(), named.toSorted(), 'each package is in KNOWN_BY')
})

t.test('every file opens with a sentence that describes it', async (t) => {
  for (const { path, text } of files) {
    // A program starts with a hashbang.
    const [, comment = ''] = text.match(/^(?:#!.*\n\n)?\/\*\*([\s\S]*?)\*\//) ?? []
    t.match(comment.replaceAll(/\s*\*?\s+/g, ' '), /\S+ .*\./, path)
  }
})

t.test('no file has a declaration with `using`, which Node.js 22 cannot read', async (t) => {
  const root = join(SRC, '..')
  const files = globSync('{src,test,benchmark,examples}/**/*.ts', { cwd: root })
  t.ok(files.length > 500)
  for (const file of files)
    t.notMatch(readFileSync(join(root, file), 'utf8'), /^\s*(await )?using \w+ =/m, file)
})

t.test('no file is longer than 400 lines', async (t) => {
  for (const { path, text } of files) t.ok(text.trimEnd().split('\n').length <= 400, path)
})

t.test('no file has a meaningless name', async (t) => {
  const empty = /(^|[/-])(utils?|helpers?|common|misc|managers?|services?|handlers?|data|api-key)([-./]|$)/
  t.match('http/token-utils.ts', empty)
  for (const { path } of files) t.notMatch(path, empty)
})

function readSource(path: string): SourceFile {
  const text = readFileSync(join(SRC, path), 'utf8')
  // Comments name files and packages too.
  const code = text.replaceAll(/\/\*[\s\S]*?\*\/|^\s*\/\/.*$/gm, '')
  const specifiers = [...code.matchAll(/(?:\bfrom |\bimport ?\(?)'([^']+)'/g)].map(([, name = '']) => name)
  const modules = specifiers.filter((name) => !name.startsWith('.') && !isBuiltin(name))
  return {
    path,
    text,
    imports: specifiers.filter((name) => name.startsWith('.')).map((name) => join(dirname(path), name)),
    packages: [...new Set(modules.map(packageOf))],
  }
}

function isBuiltin(name: string): boolean {
  return name.startsWith('node:') || builtinModules.includes(name)
}

/** `kysely/migration` is of `kysely`, `@fastify/jwt` of itself. */
function packageOf(specifier: string): string {
  return specifier
    .split('/')
    .slice(0, specifier.startsWith('@') ? 2 : 1)
    .join('/')
}

/** The first folder of a path; that of a file of the root is empty. */
function folderOf(path: string): string {
  return path.includes('/') ? (path.split('/')[0] ?? '') : ''
}

function isIn(path: string, place: string): boolean {
  return place.endsWith('/') && path.startsWith(place)
}

/** The import cycle through a file, or `undefined` without one. */
function cycleFrom(start: string): readonly string[] | undefined {
  const seen = new Set<string>()
  const ways: (readonly string[])[] = [[start]]
  for (let way = ways.pop(); way !== undefined; way = ways.pop()) {
    const imports = files.find(({ path }) => path === way.at(-1))?.imports ?? []
    if (imports.includes(start)) return [...way, start]
    for (const next of imports.filter((imported) => !seen.has(imported))) {
      seen.add(next)
      ways.push([...way, next])
    }
  }
  return undefined
}
