/** The oldest Node.js that the package runs on, checked before a driver is loaded that would crash on it. */

const OLDEST: readonly [number, number] = [22, 14]

/**
 * @throws {Error} That names the present and the required version.
 */
export function requireNodeFor(what: string, version: string = process.versions.node): void {
  const [major = 0, minor = 0] = version.split('.').map(Number)
  if (major > OLDEST[0] || (major === OLDEST[0] && minor >= OLDEST[1])) return
  throw new Error(`${what} needs Node.js ${OLDEST.join('.')} or newer, this is ${version}`)
}
