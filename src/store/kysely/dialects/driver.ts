/** Loads the driver of a database. Drivers are optional peer dependencies. */

import { InvalidOption } from '../../../errors.ts'

/**
 * Imports a driver.
 *
 * @throws `FST_API_TOKENS_INVALID_OPTION` when the package is not installed or cannot be loaded. The message names it.
 */
export async function loadDriver<Driver>(name: string, load: () => Promise<Driver>): Promise<Driver> {
  try {
    return await load()
  } catch (cause) {
    if (isMissing(cause, name)) {
      throw new InvalidOption(`store: the package ${name} is not installed: npm install ${name}`, { cause })
    }
    throw notLoaded(name, cause)
  }
}

/** A bundled driver does not find the files that it loads by path. */
export function notLoaded(name: string, cause: unknown): Error {
  // The first line: Node.js appends the require stack.
  const [said] = (cause instanceof Error ? cause.message : String(cause)).split('\n')
  const advice = `a host that is bundled must mark ${name} as external and install it beside the bundle`
  return new InvalidOption(`store: the package ${name} cannot be loaded (${said}): ${advice}`, { cause })
}

/**
 * Node.js reports a failed `import` and a failed `require` with different codes. A bundler may replace one by the other.
 * Yarn's Plug'n'Play has a message of its own.
 */
function isMissing(error: unknown, name: string): boolean {
  const code = error instanceof Error && 'code' in error ? error.code : undefined
  const isNotFound = code === 'ERR_MODULE_NOT_FOUND' || code === 'MODULE_NOT_FOUND'
  return isNotFound && [`'${name}'`, `tried to access ${name}`].some((text) => String(error).includes(text))
}
