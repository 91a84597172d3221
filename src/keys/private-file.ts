/** Creates and replaces files with secrets: mode 0600, and never half-written. */

import { randomUUID } from 'node:crypto'
import { fsync } from 'node:fs'
import { type FileHandle, link, open, realpath, rename, stat, unlink } from 'node:fs/promises'
import { dirname } from 'node:path'
import { promisify } from 'node:util'
import { InvalidOption } from '../errors.ts'
import { type ReadPrivateRules, readPrivate } from './read-private.ts'

const OWNER_ONLY = 0o600

/** The error codes of file systems without hard links, such as SMB, exFAT and FUSE. */
const HAS_NO_LINKS = ['EPERM', 'ENOTSUP', 'EOPNOTSUPP', 'ENOSYS', 'EACCES', 'EINVAL']
/** The error codes of file systems that cannot sync a folder. */
const CANNOT_SYNC = ['EINVAL', 'ENOTSUP', 'EOPNOTSUPP', 'ENOSYS', 'EPERM', 'EACCES', 'EISDIR']

/** @throws {InvalidOption} For a path that cannot be read. */
export async function exists(file: string): Promise<boolean> {
  try {
    await stat(file)
    return true
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return false
    throw new InvalidOption(`keys: ${file} cannot be read`, { cause: error })
  }
}

/**
 * Creates the file unless it exists, and returns whether it did. The content is written to a temporary file, synced, and
 * linked to the name, which fails if another process was first. On a file system without hard links, an empty file
 * reserves the name and is then replaced.
 *
 * @throws {InvalidOption} For a path that cannot be written.
 */
export async function writeOnce(file: string, text: string): Promise<boolean> {
  try {
    await publish(file, text, async (draft) => {
      await link(draft, file).catch((error) => {
        if (!HAS_NO_LINKS.includes(String(codeOf(error)))) throw error
        return reserveName(draft, file)
      })
    })
    return true
  } catch (error) {
    if (codeOf(error) === 'EEXIST') return false
    throw new InvalidOption(`keys: ${file} cannot be written`, { cause: error })
  }
}

/**
 * Replaces the content atomically by the result of `change`: readers see the old or the new content. Links are followed.
 * The file keeps its owner, so that a change by root does not lock its program out.
 *
 * @throws {InvalidOption} When another process is changing the file, or it is not private or cannot be written.
 */
export async function replacePrivate(
  path: string,
  rules: ReadPrivateRules,
  change: (text: string) => string | Promise<string>,
): Promise<void> {
  const file = await realpath(path).catch((cause) => {
    throw new InvalidOption(`keys: ${path} cannot be read`, { cause })
  })
  await withLock(file, async () => {
    const text = await change(await readPrivate(file, rules))
    const { uid, gid } = await stat(file)
    await publish(file, text, async (draft) => rename(draft, file), { uid, gid })
  })
}

/** Exactly one process creates the empty file. Readers wait until it is replaced. */
async function reserveName(draft: string, file: string): Promise<void> {
  const handle = await open(file, 'wx', OWNER_ONLY)
  await handle.close()
  try {
    await rename(draft, file)
  } catch (error) {
    await unlink(file)
    throw error
  }
}

/** Without a lock, one of two concurrent changes would be lost. */
async function withLock(file: string, work: () => Promise<void>): Promise<void> {
  const lock = `${file}.lock`
  let handle: FileHandle
  try {
    handle = await open(lock, 'wx', OWNER_ONLY)
  } catch (cause) {
    if (codeOf(cause) !== 'EEXIST') throw new InvalidOption(`keys: ${file} cannot be written`, { cause })
    throw new InvalidOption(
      `keys: ${file} is being changed by another process; if no process is running, remove ${lock}`,
      { cause },
    )
  }
  try {
    await work()
  } finally {
    await handle.close()
    await unlink(lock)
  }
}

async function publish(
  file: string,
  text: string,
  put: (draft: string) => Promise<void>,
  owner?: { readonly uid: number; readonly gid: number },
): Promise<void> {
  const draft = `${file}.${randomUUID()}.tmp`
  try {
    const handle = await open(draft, 'wx', OWNER_ONLY)
    try {
      if (owner !== undefined && process.platform !== 'win32') await setOwner(handle, owner)
      await handle.writeFile(text)
      await sync(handle)
    } finally {
      await handle.close()
    }
    await put(draft)
    await syncFolder(dirname(file))
  } finally {
    await unlink(draft).catch(() => undefined)
  }
}

/** Some file systems refuse `chown` even if it changes nothing. */
async function setOwner(handle: FileHandle, owner: { readonly uid: number; readonly gid: number }) {
  const { uid, gid } = await handle.stat()
  if (uid !== owner.uid || gid !== owner.gid) await handle.chown(owner.uid, owner.gid)
}

/** A new name is durable after a sync of its folder. Windows cannot open folders. */
async function syncFolder(folder: string): Promise<void> {
  if (process.platform === 'win32') return
  const handle = await open(folder, 'r')
  try {
    await sync(handle).catch((error) => {
      if (!CANNOT_SYNC.includes(String(codeOf(error)))) throw error
    })
  } finally {
    await handle.close()
  }
}

/** Uses the descriptor, because file handles in Yarn Plug'n'Play have no `sync()`. */
function sync({ fd }: FileHandle): Promise<void> {
  return promisify(fsync)(fd)
}

function codeOf(error: unknown): unknown {
  return error instanceof Error && 'code' in error ? error.code : undefined
}
