/** Bundles `<api-tokens>` into the one module that is published, `dist/ui/element.js`: a step of the build. */

import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { build } from 'esbuild'

const OUTPUT = join(import.meta.dirname, '../../../dist/ui/element.js')

const { outputFiles } = await build({
  entryPoints: [join(import.meta.dirname, 'index.ts')],
  outfile: OUTPUT,
  write: false,
  bundle: true,
  minify: true,
  format: 'esm',
  target: 'es2022',
  charset: 'utf8',
})
for (const { text } of outputFiles) writeFileSync(OUTPUT, squeezeTemplates(text))

/** Of a minified module only templates have lines, and HTML and CSS take a space for any white space. */
function squeezeTemplates(module: string): string {
  return module.replaceAll(/\n\s+/g, ' ')
}
