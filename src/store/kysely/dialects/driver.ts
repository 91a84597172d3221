/** Loads the driver of a database, which only a host that uses the database has installed. */

import { InvalidOption } from '../../../errors.ts'

/**
 * What `load` imports.
 *
 * @throws `FST_API_TOKENS_INVALID_OPTION` that names the package, when it is not installed or cannot be loaded.
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

/** A driver that was bundled lacks the files that it loads by their paths. */
export function notLoaded(name: string, cause: unknown): Error {
  // Node.js adds the stack of requires.
  const [said] = (cause instanceof Error ? cause.message : String(cause)).split('\n')
  const advice = `a host that is bundled must mark ${name} as external and install it beside the bundle`
  return new InvalidOption(`store: the package ${name} cannot be loaded (${said}): ${advice}`, { cause })
}

/**
 * Node.js has one code for `import`, and another for the `require` that a bundler may put in its place and that Yarn's
 * Plug'n'Play has too, with a message of its own.
 */
function isMissing(error: unknown, name: string): boolean {
  const code = error instanceof Error && 'code' in error ? error.code : undefined
  const isNotFound = code === 'ERR_MODULE_NOT_FOUND' || code === 'MODULE_NOT_FOUND'
  return isNotFound && [`'${name}'`, `tried to access ${name}`].some((text) => String(error).includes(text))
}
