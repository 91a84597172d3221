/** Checks single values of options; each error names the option by its path. */

import { InvalidOption } from './errors.ts'

/** A misspelled option is silently no option at all, and for some of these that is dangerous. */
export function requireKnown(value: object, known: readonly string[], path: string): void {
  if ('prefix' in value && path === '') {
    throw new InvalidOption('prefix has no effect on a plugin of the whole instance: use routes.prefix')
  }
  for (const name of Object.keys(value)) {
    if (!known.includes(name)) throw new InvalidOption(`${path}${name} is not an option`)
  }
}

export function record(value: unknown, known: readonly string[], path: string): Record<string, unknown> {
  if (!isRecord(value)) throw new InvalidOption(`${path} must be an object`)
  requireKnown(value, known, `${path}.`)
  return value
}

export function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

export function text(value: unknown, path: string): string {
  if (typeof value === 'string' && value.trim() !== '' && value.isWellFormed()) return value
  throw new InvalidOption(`${path} must be a string that is not blank`)
}

export function count(value: unknown, path: string): number {
  if (typeof value === 'number' && Number.isSafeInteger(value) && value >= 1) return value
  throw new InvalidOption(`${path} must be a whole number of at least 1`)
}

export function requireFunction(value: unknown, path: string): void {
  if (value !== undefined && typeof value !== 'function')
    throw new InvalidOption(`${path} must be a function`)
}
