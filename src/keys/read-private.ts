/** Reads a file that holds secrets, and refuses one that others can read or replace. */

import type { Stats } from 'node:fs'
import { constants, type FileHandle, open, realpath, stat } from 'node:fs/promises'
import { dirname, resolve, sep } from 'node:path'
import { InvalidOption } from '../errors.ts'
import { isOnReadOnlyMount } from './read-only-mount.ts'

export interface ReadPrivateRules {
  /** Folders into which the platform mounts secrets: others may read a file there that another user owns. */
  readonly secretDirs: readonly string[]
  /** Called when others may read the file, and that is accepted. */
  warn(message: string): void
}

/** Where Docker and Kubernetes mount secrets. */
export const SECRET_DIRS: readonly string[] = ['/run/secrets', '/var/run/secrets']

/** A JWK Set of a thousand keys is smaller. */
const MAX_BYTES = 1024 * 1024

const GROUP_OR_OTHERS_WRITE = 0o022
const GROUP_OR_OTHERS_READ = 0o055
const OTHERS_WRITE = 0o002
const STICKY = 0o1000

/**
 * The text of the file. Links are followed, as Kubernetes mounts secrets by them.
 *
 * @throws {InvalidOption} That names the file: others can write it, or can read it where the process could change that;
 *   others can put another in its place; it is no regular file; it is too large.
 */
export async function readPrivate(path: string, rules: ReadPrivateRules): Promise<string> {
  const handle = await opened(path)
  try {
    const stats = await handle.stat()
    if (!stats.isFile()) throw new InvalidOption(`keys: ${path} is not a regular file`)
    if (stats.size > MAX_BYTES)
      throw new InvalidOption(`keys: ${path} is larger than 1 MiB: it is no key file`)
    // Windows has no such modes.
    if (process.platform !== 'win32') await requirePrivate(path, stats, rules)
    return await handle.readFile('utf8')
  } finally {
    await handle.close()
  }
}

/** Opening a FIFO would else wait for its writer. */
async function opened(path: string): Promise<FileHandle> {
  try {
    return await open(path, constants.O_RDONLY | constants.O_NONBLOCK)
  } catch (cause) {
    throw new InvalidOption(`keys: ${path} cannot be read`, { cause })
  }
}

async function requirePrivate(path: string, stats: Stats, { secretDirs, warn }: ReadPrivateRules) {
  const { mode, uid } = stats
  if ((mode & GROUP_OR_OTHERS_WRITE) !== 0) {
    throw new InvalidOption(`keys: ${path} can be written by others: set its mode to 0600`)
  }
  const real = await realpath(path).catch(() => path)
  const isReadOnly = await isOnReadOnlyMount(real)
  if (!isReadOnly) for (const file of new Set([path, real])) await requireOwnPlace(file, uid)
  if ((mode & GROUP_OR_OTHERS_READ) === 0) return
  const isMounted = uid !== process.geteuid?.() && (await isIn(real, secretDirs))
  if (!isReadOnly && !isMounted) {
    throw new InvalidOption(
      `keys: ${path} can be read by others: set its mode to 0600, mount it read-only, or name the folder of a secret ` +
        'that another user owns in secretDirs',
    )
  }
  warn(`the signing keys in ${path} can be read by others: anyone who reads them can forge tokens`)
}

/** Who can write to a folder can put another file in the place of each in it; with the sticky bit, of none. */
async function requireOwnPlace(file: string, uid: number): Promise<void> {
  const folder = dirname(resolve(file))
  const { mode, uid: owner } = await stat(folder)
  if ((mode & OTHERS_WRITE) === 0) return
  const trusted = [process.geteuid?.(), 0, owner]
  if ((mode & STICKY) !== 0 && trusted.includes(uid)) return
  throw new InvalidOption(
    `keys: ${file} can be replaced by others: take the write permission of others from the folder ${folder}`,
  )
}

async function isIn(real: string, folders: readonly string[]): Promise<boolean> {
  const reals = await Promise.all(folders.map((folder) => realpath(folder).catch(() => resolve(folder))))
  return reals.some((folder) => real.startsWith(folder.endsWith(sep) ? folder : folder + sep))
}
