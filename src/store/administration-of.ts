/** Administration is an optional member of a store. */

import { InvalidOption } from '../errors.ts'
import type { AdministrationStore } from './administration-store.ts'
import type { TokenStore } from './token-store.ts'

/**
 * @param what The option or method that needs it, for the error.
 * @throws {InvalidOption} For a store without it.
 */
export function administrationOf(
  { administration }: Pick<TokenStore, 'administration'>,
  what: string,
): AdministrationStore {
  if (administration !== undefined) return administration
  throw new InvalidOption(`${what} requires a store with administration: its administration is missing`)
}
