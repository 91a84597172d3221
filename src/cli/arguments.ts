/** Reads the arguments of a command. An argument that would have no effect is refused by name. */

import { parseArgs } from 'node:util'

/** Wrong arguments: the command prints its usage and exits with code 2. */
export class WrongCall extends Error {}

export interface KnownOptions<Text extends string, Flag extends string> {
  /** Options with a value, such as `--file FILE`. */
  readonly texts: readonly Text[]
  /** Options without one, such as `--dry-run`. */
  readonly flags: readonly Flag[]
}

export interface Arguments<Text extends string, Flag extends string> {
  readonly texts: { readonly [Name in Text]?: string }
  readonly flags: ReadonlySet<Flag>
  /** The positional arguments. */
  readonly names: readonly string[]
}

/** @throws {WrongCall} For an option that is unknown, empty, without its value, or given twice. */
export function readArguments<Text extends string, Flag extends string>(
  args: readonly string[],
  { texts, flags }: KnownOptions<Text, Flag>,
): Arguments<Text, Flag> {
  const given = new Map<string, string | undefined>()
  const names: string[] = []
  for (const token of tokensOf(args, texts, flags)) {
    if (token.kind === 'positional') names.push(token.value)
    if (token.kind !== 'option') continue
    if (given.has(token.name)) throw new WrongCall(`--${token.name} is given twice`)
    if (token.value === '') throw new WrongCall(`--${token.name} is empty`)
    given.set(token.name, token.value)
  }
  return {
    // `parseArgs` is strict: only known options get here.
    texts: Object.fromEntries(texts.map((name) => [name, given.get(name)])) as { [Name in Text]?: string },
    flags: new Set(flags.filter((name) => given.has(name))),
    names,
  }
}

function tokensOf(args: readonly string[], texts: readonly string[], flags: readonly string[]) {
  const options = Object.fromEntries([
    ...texts.map((name) => [name, { type: 'string' }] as const),
    ...flags.map((name) => [name, { type: 'boolean' }] as const),
  ])
  try {
    return parseArgs({ args: [...args], options, allowPositionals: true, tokens: true }).tokens
  } catch (error) {
    throw new WrongCall(error instanceof Error ? error.message : String(error))
  }
}
