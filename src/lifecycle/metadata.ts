/** Checks and copies the metadata of a token: data of the host as a JSON object (RFC 8259). */

import { InvalidInput } from '../errors.ts'
import { isPlain, isRecord } from '../option-values.ts'
import type { JsonObject, JsonValue } from '../token/token.ts'

/** In UTF-8. */
export const MAX_METADATA_BYTES = 4_096

/** How many objects and arrays may contain one another. A circular value is deeper. */
const MAX_DEPTH = 32

/** Of the name of a member in an error. */
const SHOWN_LENGTH = 64

/**
 * A deeply frozen copy. Each member is read once, so that the copy is what was checked. Only values that JSON can express
 * are accepted: `JSON.stringify` would leave out or replace others without an error.
 *
 * @throws {InvalidInput} That names the path of the invalid value: `metadata.team`.
 */
export function metadataFrom(given: unknown): JsonObject {
  if (!isRecord(given)) throw new InvalidInput('metadata must be an object')
  const metadata = copyOf(given)
  if (Buffer.byteLength(JSON.stringify(metadata)) > MAX_METADATA_BYTES) throw tooLarge()
  // `given` is an object, but no array.
  return metadata as JsonObject
}

function copyOf(given: object): JsonValue {
  try {
    return copied(given, 'metadata', { levels: MAX_DEPTH, values: MAX_METADATA_BYTES })
  } catch (error) {
    if (error instanceof InvalidInput) throw error
    // A proxy may throw anything.
    throw noJson('metadata')
  }
}

/** What may still follow. Each value has at least one byte. */
interface Allowance {
  levels: number
  values: number
}

function copied(value: unknown, path: string, allowance: Allowance): JsonValue {
  allowance.values -= 1
  if (allowance.values < 0) throw tooLarge()
  if (value === null || typeof value === 'boolean') return value
  if (typeof value === 'string') return wellFormed(value, path)
  // JSON.stringify writes -0 as 0.
  if (typeof value === 'number' && Number.isFinite(value)) return value === 0 ? 0 : value
  if (typeof value !== 'object') throw noJson(path)
  if (allowance.levels === 0) throw new InvalidInput(`metadata must not have more than ${MAX_DEPTH} levels`)
  allowance.levels -= 1
  const copy = Array.isArray(value)
    ? copiedList(value, path, allowance)
    : copiedObject(value, path, allowance)
  allowance.levels += 1
  return Object.freeze(copy)
}

function copiedList(list: readonly unknown[], path: string, allowance: Allowance): JsonValue {
  if (list.length > allowance.values) throw tooLarge()
  // Holes are no own members, others than the items and the length are more.
  if (Reflect.ownKeys(list).length !== list.length + 1) throw noJson(path)
  return Array.from(list, (item, index) => copied(item, `${path}[${index}]`, allowance))
}

/** Getters, symbols, hidden members and classes are refused. */
function copiedObject(value: object, path: string, allowance: Allowance): JsonObject {
  if (!isPlain(value)) throw noJson(path)
  const copy: Record<string, JsonValue> = {}
  for (const name of Reflect.ownKeys(value)) {
    const memberPath = `${path}.${String(name).slice(0, SHOWN_LENGTH)}`
    const member = Object.getOwnPropertyDescriptor(value, name)
    // Where objects are merged, `__proto__` would become the prototype.
    if (typeof name === 'symbol' || name === '__proto__' || member?.enumerable !== true)
      throw noJson(memberPath)
    // A getter has no value.
    copy[wellFormed(name, path)] = copied(member.value, memberPath, allowance)
  }
  return copy
}

/** Lone surrogates have no UTF-8. */
function wellFormed(text: string, path: string): string {
  if (text.isWellFormed()) return text
  throw new InvalidInput(`${path} must not contain lone surrogates`)
}

function noJson(path: string): Error {
  return new InvalidInput(`${path} must be a value of JSON`)
}

function tooLarge(): Error {
  return new InvalidInput(`metadata must not have more than ${MAX_METADATA_BYTES} bytes of JSON`)
}
