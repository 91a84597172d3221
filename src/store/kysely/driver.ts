/** Loads the driver of a database, which only a host that uses the database has installed. */

import { InvalidOption } from '../../errors.ts'

/**
 * What `load` imports.
 *
 * @throws `FST_API_TOKENS_INVALID_OPTION` that names the package to install, when it is not there.
 */
export async function loadDriver<Driver>(name: string, load: () => Promise<Driver>): Promise<Driver> {
  try {
    return await load()
  } catch (cause) {
    if (!isMissing(cause, name)) throw cause
    throw new InvalidOption(`store: the package ${name} is not installed: npm install ${name}`, { cause })
  }
}

function isMissing(error: unknown, name: string): boolean {
  return (
    error instanceof Error &&
    'code' in error &&
    error.code === 'ERR_MODULE_NOT_FOUND' &&
    error.message.includes(`'${name}'`)
  )
}
