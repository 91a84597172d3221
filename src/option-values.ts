/** Checks option objects and values. Each error names the path of the option. */

import { InvalidOption } from './errors.ts'

/** How an object is checked. */
export interface MemberRules {
  readonly known: readonly string[]
  /** What the object is, for the error: `cache`. */
  readonly what: string
  /** The text before the name of a member in the error: `cache.`. */
  readonly before: string
  /** What a member is called in the error: `an option`. */
  readonly called: string
  readonly refuse: (message: string) => Error
}

/**
 * Reads each member of a plain object once, so that the checked value is the used value. Unknown members, including
 * symbols, are refused by name. Class instances are refused, because inherited members would be ignored.
 */
export function membersOf(value: unknown, rules: MemberRules): Record<string, unknown> {
  const { known, what, before, called, refuse } = rules
  if (!isRecord(value)) throw refuse(`${what} must be an object`)
  if (!isPlain(value)) throw refuse(`${what} must be a plain object, without a class`)
  const members: Record<string, unknown> = {}
  for (const name of ownNames(value)) {
    if (typeof name === 'symbol' || !known.includes(name)) {
      throw refuse(`${before}${String(name)} is not ${called}${hintFor(String(name), known)}`)
    }
    members[name] = value[name]
  }
  return members
}

/** @throws {InvalidOption} For a value that is not a plain object, and for an unknown member. */
export function record(value: unknown, known: readonly string[], path: string): Record<string, unknown> {
  return membersOf(value, { ...OPTION, known, what: path, before: `${path}.` })
}

/**
 * The options of one of the package's functions.
 *
 * @throws {InvalidOption} That names the function and the member.
 * @example const { url } = optionsOf('redisPubSub', { url: 'redis://localhost' }, ['url'])
 */
export function optionsOf<Options extends object>(
  name: string,
  value: Options,
  known: readonly (keyof Options & string)[],
): Options {
  const what = `${name}: its options`
  // Every member is as it was given.
  return membersOf(value, { ...OPTION, known, what, before: `${name}: ` }) as Options
}

/**
 * The options of the plugin.
 *
 * @throws {InvalidOption} That names the unknown option.
 */
export function pluginOptionsOf<Options extends object>(
  value: Options,
  known: readonly (keyof Options & string)[],
): Options {
  if (isRecord(value) && 'prefix' in value) {
    throw new InvalidOption('prefix has no effect on a plugin of the whole instance: use routes.prefix')
  }
  // Every member is as it was given.
  return membersOf(value, { ...OPTION, known, what: 'the options', before: '' }) as Options
}

/**
 * Refuses arguments beyond the parameters of one of the package's functions. They would have no effect, and may have been
 * meant as a restriction.
 *
 * @throws {InvalidOption} That names the function.
 * @example noMore('redisPubSub', [])
 */
export function noMore(name: string, more: readonly unknown[]): void {
  if (more.length > 0) throw new InvalidOption(`${name}: additional arguments have no effect`)
}

const OPTION = { called: 'an option', refuse: (message: string) => new InvalidOption(message) } as const

/**
 * A member whose name is a misspelling of a known name, such as `scope` for `scopes`. For objects that may have further
 * members, such as a host's user.
 */
export function misspelledMember(value: object, known: readonly string[]): string | undefined {
  for (const name in value) {
    if (!known.includes(name) && known.some((option) => isMisspellingOf(option, name))) return name
  }
  return undefined
}

/** Whether a value is an object, but no array. A revoked proxy is not, because its members cannot be read. */
export function isRecord(value: unknown): value is Record<string, unknown> {
  if (typeof value !== 'object' || value === null) return false
  try {
    return !Array.isArray(value)
  } catch {
    return false
  }
}

/**
 * A copy of an array, with `undefined` for holes: array methods skip holes, so that they would pass every check.
 * `undefined` for any other value.
 */
export function listOf(value: unknown): unknown[] | undefined {
  try {
    return Array.isArray(value) ? Array.from(value) : undefined
  } catch {
    // A revoked proxy.
    return undefined
  }
}

export function text(value: unknown, path: string): string {
  if (typeof value === 'string' && value.trim() !== '' && value.isWellFormed()) return value
  throw new InvalidOption(`${path} must be a string that is not blank`)
}

export function count(value: unknown, path: string): number {
  if (typeof value === 'number' && Number.isSafeInteger(value) && value >= 1) return value
  throw new InvalidOption(`${path} must be a whole number of at least 1`)
}

export function flag(value: unknown, path: string): boolean {
  if (typeof value === 'boolean') return value
  throw new InvalidOption(`${path} must be true or false`)
}

/** @throws {InvalidOption} For anything but a path without parameters, percent signs and dot segments (RFC 3986 §3.3). */
export function routePrefix(value: unknown, path: string, example: string): string {
  if (typeof value === 'string' && /^(\/(?!\.{1,2}(\/|$))[^/?#:*%\\\s]+)+$/.test(value)) return value
  throw new InvalidOption(
    `${path} must be a path such as '${example}', without parameters, percent signs, dot segments or a slash at its end`,
  )
}

export function requireFunction(value: unknown, path: string): void {
  if (value !== undefined && typeof value !== 'function')
    throw new InvalidOption(`${path} must be a function`)
}

/** Checks an object of another package. @throws {InvalidOption} With the message, if the method is missing. */
export function requireMethod(value: unknown, method: string, message: string): void {
  // A pool may be a function, too.
  if (value === null || value === undefined || typeof Object(value)[method] !== 'function') {
    throw new InvalidOption(message)
  }
}

/** Whether an object inherits only from `Object.prototype` of any realm. */
export function isPlain(value: object): boolean {
  const prototype: unknown = Object.getPrototypeOf(value)
  if (prototype === null) return true
  return Object.getPrototypeOf(prototype) === null && Object.hasOwn(Object(prototype), 'isPrototypeOf')
}

/** Without non-enumerable symbols: a module namespace object has one. */
function ownNames(value: object): (string | symbol)[] {
  const isMember = (name: string | symbol) =>
    typeof name === 'string' || Object.prototype.propertyIsEnumerable.call(value, name)
  return Reflect.ownKeys(value).filter(isMember)
}

function hintFor(name: string, known: readonly string[]): string {
  const meant = known.find((option) => isMisspellingOf(option, name))
  return meant === undefined ? '' : `: did you mean ${meant}?`
}

/** Compares without case, punctuation and a final `s`: `expires_in`, `Filename`, `scope`. */
function isMisspellingOf(known: string, name: string): boolean {
  const stem = (text: string) =>
    text
      .replaceAll(/[^a-z0-9]/gi, '')
      .toLowerCase()
      .replace(/s$/, '')
  return name !== known && stem(name) === stem(known)
}
