/** Reads a file with secrets, and refuses one that others can read or replace. */

import type { Stats } from 'node:fs'
import { constants, type FileHandle, open, realpath, stat } from 'node:fs/promises'
import { dirname, resolve, sep } from 'node:path'
import { InvalidOption } from '../errors.ts'
import { isOnReadOnlyMount } from './read-only-mount.ts'

export interface ReadPrivateRules {
  /** Folders into which the platform mounts secrets. A file there may be readable if it belongs to another user. */
  readonly secretDirs: readonly string[]
  /** Called for a file that others may read and that is accepted. */
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
 * The text of the file. Links are followed, because Kubernetes mounts secrets with them.
 *
 * @throws {InvalidOption} If others can write, replace or read the file, if it is no regular file, or if it is too large.
 *   Being readable is accepted on a read-only mount and in `secretDirs`.
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

/** Without O_NONBLOCK, opening a FIFO would wait for a writer. */
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

/** A user who can write to a folder can replace the files in it, unless the sticky bit is set. */
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
