/**
 * The first build step: bundles `<api-tokens>` into `dist/ui/element.js` and `<api-tokens-admin>` into
 * `dist/ui/admin-element.js`, and writes the compressed scripts and style of the pages into `src/ui/page-assets.ts` and
 * `src/ui/admin-assets.ts`. Modules, not files, so that they also work in hosts that bundle this package.
 */

import { createHash } from 'node:crypto'
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { brotliCompressSync, gzipSync } from 'node:zlib'
import { build, type Plugin, transformSync } from 'esbuild'

const OUTPUT = join(import.meta.dirname, '../dist/ui')
const SOURCE = join(import.meta.dirname, '../src/ui')

/** Minifies the styles, which are template literals. */
const styles: Plugin = {
  name: 'styles',
  setup: ({ onLoad }) =>
    onLoad({ filter: /\.ts$/ }, ({ path }) => ({
      loader: 'ts',
      contents: readFileSync(path, 'utf8').replaceAll(
        /css`([^`]*)`/g,
        (_, style) => `css\`${minified(style)}\``,
      ),
    })),
}

mkdirSync(OUTPUT, { recursive: true })
const style = minified(readFileSync(join(SOURCE, 'page.css'), 'utf8'))
writeAssets('page-assets.ts', {
  packedScript: packed('element', 'js', await bundled('element/index.ts', 'element.js')),
  packedStyle: packed('page', 'css', style),
})
writeAssets('admin-assets.ts', {
  packedAdminScript: packed(
    'admin-element',
    'js',
    await bundled('element/admin/index.ts', 'admin-element.js'),
  ),
})

/** Writes the module of an element and returns its text. */
async function bundled(entryPoint: string, name: string): Promise<string> {
  const outfile = join(OUTPUT, name)
  const { outputFiles } = await build({
    entryPoints: [join(SOURCE, entryPoint)],
    outfile,
    write: false,
    bundle: true,
    minify: true,
    plugins: [styles],
    format: 'esm',
    target: 'es2022',
    charset: 'utf8',
    legalComments: 'external',
  })
  const textOf = (extension: string) => outputFiles.find(({ path }) => path.endsWith(extension))?.text ?? ''
  const element = `${squeezeTemplates(textOf('.js'))}/*! ${noticesIn(textOf('.txt'))} */\n`
  writeFileSync(outfile, element)
  return element
}

function writeAssets(file: string, assets: Readonly<Record<string, string>>): void {
  const exports = Object.entries(assets).map(([name, asset]) => `\nexport const ${name} = ${asset}\n`)
  const head =
    '/** Written by `npm run build` (scripts/bundle-element.ts): what a page loads, compressed, in base64. */'
  writeFileSync(join(SOURCE, file), `${head}\n${exports.join('')}`)
}

/** The license notices of Lit, each once. */
function noticesIn(legal: string): string {
  return [...new Set(legal.match(/Copyright .*|SPDX-.*/g))].toSorted().join(', ')
}

function minified(style: string): string {
  if (/[\\$]/.test(style)) throw new Error(`a style must be plain CSS: ${style}`)
  return transformSync(style, { loader: 'css', minify: true }).code.trim()
}

/**
 * Removes line breaks, which in a minified module occur only in templates. HTML treats all white space as one space; next
 * to a tag our templates need none.
 */
function squeezeTemplates(module: string): string {
  return module.replaceAll(/(?<=>)\n\s+|\n\s+(?=[<>])/g, '').replaceAll(/\n\s+/g, ' ')
}

function packed(stem: string, extension: string, text: string): string {
  const content = Buffer.from(text)
  const digest = createHash('sha256').update(content).digest('hex').slice(0, 16)
  return JSON.stringify({
    name: `${stem}-${digest}.${extension}`,
    br: brotliCompressSync(content).toString('base64'),
    gzip: gzipSync(content, { level: 9 }).toString('base64'),
  })
}
