/** Reads an option that lists trusted origins. */

import { InvalidOption } from './errors.ts'
import { listOf } from './option-values.ts'

/** @throws {InvalidOption} That names the invalid origin. */
export function readOrigins(origins: unknown = [], path: string): ReadonlySet<string> {
  const list = listOf(origins)
  if (list === undefined) throw new InvalidOption(`${path} must be an array of origins`)
  return new Set(
    list.map((origin, index) => {
      if (typeof origin === 'string' && URL.canParse(origin) && new URL(origin).origin === origin)
        return origin
      throw new InvalidOption(`${path}[${index}] must be an origin such as 'https://app.example.com'`)
    }),
  )
}
