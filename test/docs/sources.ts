/** Reads what the docs must mention out of the sources: names, members, examples. */

import { globSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { ROOT } from './markdown.ts'

/** Every file of src, by its path from the root. */
export function sourceFiles(): readonly string[] {
  return globSync('src/**/*.ts', { cwd: ROOT }).sort()
}

export function source(file: string): string {
  return readFileSync(join(ROOT, file), 'utf8')
}

/** The names of the members of an exported interface, without those of nested types. */
export function membersOf(file: string, name: string): readonly string[] {
  const text = source(file)
  const start = text.search(new RegExp(`^export interface ${name}\\b`, 'm'))
  if (start === -1) throw new Error(`${file} has no interface ${name}`)
  const body = text.slice(start, text.indexOf('\n}', start))
  return [...body.matchAll(/^ {2}(?:readonly )?'?([\w-]+)'?[?:(<]/gm)].map(([, member = '']) => member)
}

/** The names that a file exports, with types. A `*` is followed to its file. */
export function exportsOf(file: string): readonly string[] {
  const text = source(file)
  const declared = text.matchAll(
    /^export (?:async |declare )?(?:interface|type|const|class|function) (\w+)/gm,
  )
  const listed = [...text.matchAll(/^export (?:type )?\{([^}]+)\}/gm)].flatMap(([, names = '']) =>
    names.split(',').map((name) =>
      name
        .trim()
        .replace(/^type /, '')
        .replace(/^.* as /, ''),
    ),
  )
  const starred = [...text.matchAll(/^export (?:type )?\* from '(.+)'/gm)].flatMap(([, path = '']) =>
    exportsOf(join(file, '..', path)),
  )
  const names = [...[...declared].map(([, name = '']) => name), ...listed, ...starred]
  return names.filter((name) => /^\w+$/.test(name))
}

export interface Example {
  /** `src/keys/jwks-file.ts:17`. */
  readonly place: string
  readonly file: string
  readonly code: string
}

/** The code of the `@example` tags of a file's doc comments. */
export function examplesOf(file: string): readonly Example[] {
  const text = source(file)
  return [...text.matchAll(/^ *\/\*\*[\s\S]*?\*\//gm)].flatMap((comment) => {
    const lines = comment[0].replace(/\s*\*\/$/, '').split('\n')
    const start = lines.findIndex((line) => line.includes('@example'))
    if (start === -1) return []
    const end = lines.findIndex((line, index) => index > start && /^\s*\* @/.test(line))
    const example = lines.slice(start, end === -1 ? undefined : end)
    const code = example.map((line) => line.replace(/^\s*\* ?/, '').replace('@example', '')).join('\n')
    const place = `${file}:${text.slice(0, comment.index).split('\n').length + start}`
    return [{ place, file, code: code.trim() }]
  })
}
