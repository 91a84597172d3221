/** Makes and changes files that hold secrets: mode 0600, complete or absent. */

import { randomUUID } from 'node:crypto'
import { fsync } from 'node:fs'
import { type FileHandle, link, open, realpath, rename, stat, unlink } from 'node:fs/promises'
import { dirname } from 'node:path'
import { promisify } from 'node:util'
import { InvalidOption } from '../errors.ts'
import { type ReadPrivateRules, readPrivate } from './read-private.ts'

const OWNER_ONLY = 0o600

/** How SMB, exFAT and FUSE refuse a hard link. */
const HAS_NO_LINKS = ['EPERM', 'ENOTSUP', 'EOPNOTSUPP', 'ENOSYS', 'EACCES', 'EINVAL']
/** How some of them refuse to sync a folder. */
const CANNOT_SYNC = ['EINVAL', 'ENOTSUP', 'EOPNOTSUPP', 'ENOSYS', 'EPERM', 'EACCES', 'EISDIR']

/** @throws {InvalidOption} A place that cannot be looked at. */
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
 * Makes the file, complete, unless there is one: written beside it, synced, and linked, which fails when another
 * process was first. Returns whether this one was. Where the file system has no links, the name is taken by an empty
 * file, which the complete one replaces.
 *
 * @throws {InvalidOption} A place that cannot be written.
 */
export async function writeOnce(file: string, text: string): Promise<boolean> {
  try {
    await publish(file, text, async (draft) => {
      await link(draft, file).catch((error) => {
        if (!HAS_NO_LINKS.includes(String(codeOf(error)))) throw error
        return takeName(draft, file)
      })
    })
    return true
  } catch (error) {
    if (codeOf(error) === 'EEXIST') return false
    throw new InvalidOption(`keys: ${file} cannot be written`, { cause: error })
  }
}

/**
 * Replaces the file by what `change` makes of it, in one step: who reads meanwhile reads the old or the new, whole.
 * A link is followed, and the file keeps its owner, so that what root changes its program can still read.
 *
 * @throws {InvalidOption} When another process is at it, or the file is not private or cannot be written.
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

/** Of several processes one makes the empty file; a reader waits until it is replaced. */
async function takeName(draft: string, file: string): Promise<void> {
  const handle = await open(file, 'wx', OWNER_ONLY)
  await handle.close()
  try {
    await rename(draft, file)
  } catch (error) {
    await unlink(file)
    throw error
  }
}

/** Of two changes at once one would be lost. */
async function withLock(file: string, work: () => Promise<void>): Promise<void> {
  const lock = `${file}.lock`
  let handle: FileHandle
  try {
    handle = await open(lock, 'wx', OWNER_ONLY)
  } catch (cause) {
    if (codeOf(cause) !== 'EEXIST') throw new InvalidOption(`keys: ${file} cannot be written`, { cause })
    throw new InvalidOption(`keys: ${file} is being changed; if by nobody, remove ${lock}`, { cause })
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
      if (owner !== undefined && process.platform !== 'win32') await giveTo(handle, owner)
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

/** Some file systems refuse even a change to what is there. */
async function giveTo(handle: FileHandle, owner: { readonly uid: number; readonly gid: number }) {
  const { uid, gid } = await handle.stat()
  if (uid !== owner.uid || gid !== owner.gid) await handle.chown(owner.uid, owner.gid)
}

/** A link is on the disk once its folder is; where folders cannot be opened (Windows) there is nothing to sync. */
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

/** By its number: file handles of Yarn's Plug'n'Play have no `sync()`. */
function sync({ fd }: FileHandle): Promise<void> {
  return promisify(fsync)(fd)
}

function codeOf(error: unknown): unknown {
  return error instanceof Error && 'code' in error ? error.code : undefined
}
