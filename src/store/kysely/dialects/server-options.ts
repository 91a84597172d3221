/** The options that the stores of PostgreSQL and MySQL share. */

import { InvalidOption } from '../../../errors.ts'
import { count, flag, optionsOf } from '../../../option-values.ts'
import { DEFAULT_TIMEOUT_MS } from './time-limit.ts'

export interface ServerOptions {
  /** Whether the store migrates its tables at start. Default: `false`. */
  readonly migrate?: boolean | undefined
  /**
   * Maximum time of a statement or transaction in milliseconds, including the wait for a connection. Default: 5,000.
   */
  readonly timeout?: number | undefined
}

/** The address of the database, or the host's own pool, which the store does not end. */
export type AddressOrPool<Pool> =
  | { readonly connectionString: string; readonly pool?: never }
  | { readonly pool: Pool; readonly connectionString?: never }

/**
 * Checks the options that both stores have.
 *
 * @throws {InvalidOption} Names the wrong option. It never quotes an address, which may contain a password.
 */
export function readServerOptions<Options extends ServerOptions & AddressOrPool<unknown>>(
  store: string,
  given: Options,
  known: readonly (keyof Options & string)[],
): Options & { readonly migrate: boolean; readonly timeout: number } {
  const options = optionsOf(store, given, known)
  const { connectionString, pool, migrate = false, timeout = DEFAULT_TIMEOUT_MS } = options
  if ((connectionString === undefined) === (pool === undefined)) {
    throw new InvalidOption(`${store} needs a connectionString or a pool, one of the two`)
  }
  return {
    ...options,
    migrate: flag(migrate, `${store}: migrate`),
    timeout: count(timeout, `${store}: timeout`),
  }
}
