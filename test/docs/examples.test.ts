/** The examples in the doc comments of src compile. */

import { join } from 'node:path'
import t from 'tap'
import { ROOT } from './markdown.ts'
import { type Example, examplesOf, exportsOf, sourceFiles } from './sources.ts'
import { type Code, typeErrors, uses } from './typescript.ts'

const examples = sourceFiles().flatMap(examplesOf)

t.test('everything that a host can call has an example', async (t) => {
  const text = examples.map(({ code }) => code).join('\n')
  const names = [
    'verifyApiToken',
    'verifyApiTokenOr',
    'requireScopes',
    'requireAnyScope',
    'jwksFile',
    'bearerSecurityScheme',
    'apiTokens.issue',
  ]
  for (const name of [...names, 'sqliteTokenStore', 'memoryTokenStore', 'manualClock', 'signal']) {
    t.ok(text.includes(name), name)
  }
})

t.test('every example compiles against the sources', async (t) => {
  const paths = { 'fastify-api-tokens': [join(ROOT, 'src/index.ts')] }
  t.equal(await typeErrors(t, examples.map(withImports), { paths }), '')
})

/** The example, with declarations of its file and of the package that it uses. */
function withImports({ file, place, code }: Example): Code {
  const own = exportsOf(file).filter((name) => uses(code, name))
  const imports = [`import { ${own.join(', ')} } from '${join(ROOT, file)}'`]
  const importsItself = code.includes("from 'fastify-api-tokens'")
  if (uses(code, 'apiTokens') && !own.includes('apiTokens') && !importsItself)
    imports.push("import apiTokens from 'fastify-api-tokens'")
  return { place, code: `${imports.join('\n')}\n${code}` }
}
