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

/** A JWT, or a compact credential: see `compact-credential.ts`. */
const CREDENTIAL = /eyJ[\w-]+\.eyJ[\w-]+\.[\w-]+|[a-z2-7]{62}/
/** The password of a store's address may be a JWT. */
const ADDRESS = '://'

/** @throws {WrongCall} For an option that is unknown, empty, without its value, or given twice, and for a credential. */
export function readArguments<Text extends string, Flag extends string>(
  args: readonly string[],
  { texts, flags }: KnownOptions<Text, Flag>,
): Arguments<Text, Flag> {
  requireNoCredential(args)
  const given = new Map<string, string | undefined>()
  const names: string[] = []
  for (const token of tokensOf(args, texts, flags)) {
    if (token.kind === 'positional') names.push(token.value)
    if (token.kind !== 'option') continue
    if (given.has(token.name)) throw new WrongCall(`--${token.name} is given twice`)
    if (token.value?.trim() === '') throw new WrongCall(`--${token.name} is empty`)
    given.set(token.name, token.value)
  }
  return {
    // `parseArgs` is strict: only known options get here.
    texts: Object.fromEntries(texts.map((name) => [name, given.get(name)])) as { [Name in Text]?: string },
    flags: new Set(flags.filter((name) => given.has(name))),
    names,
  }
}

/** Other users of the machine see the arguments of a process, and an error would repeat it. */
function requireNoCredential(args: readonly string[]): void {
  const found = args.findIndex((arg) => !arg.includes(ADDRESS) && CREDENTIAL.test(arg))
  if (found === -1) return
  throw new WrongCall(
    `argument ${found + 1} is a credential: pass a credential by standard input, as -, where the command takes it`,
  )
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
