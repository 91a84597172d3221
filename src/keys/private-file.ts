/** Files that hold secrets: mode 0600, there whole or not at all, refused when others can read them. */

import { randomUUID } from 'node:crypto'
import { type FileHandle, link, open, realpath, rename, stat, unlink } from 'node:fs/promises'
import { dirname } from 'node:path'
import { InvalidOption } from '../errors.ts'

const OWNER_ONLY = 0o600

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

/** @throws {InvalidOption} A file that others can read or write. */
export async function readPrivate(file: string): Promise<string> {
  const handle = await open(file, 'r')
  try {
    await requirePrivate(handle, file)
    return await handle.readFile('utf8')
  } finally {
    await handle.close()
  }
}

/**
 * Puts the whole file there at once, or not at all: written beside it, synced, and linked, which fails when
 * another process was first. Returns whether this one was.
 *
 * @throws {InvalidOption} A place that cannot be written.
 */
export async function writeOnce(file: string, text: string): Promise<boolean> {
  try {
    await publish(file, text, async (draft) => link(draft, file))
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
  change: (text: string) => string | Promise<string>,
): Promise<void> {
  const file = await realpath(path).catch((cause) => {
    throw new InvalidOption(`keys: ${path} cannot be read`, { cause })
  })
  await withLock(file, async () => {
    const text = await change(await readPrivate(file))
    const { uid, gid } = await stat(file)
    await publish(file, text, async (draft) => rename(draft, file), { uid, gid })
  })
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
      if (owner !== undefined && process.platform !== 'win32') await handle.chown(owner.uid, owner.gid)
      await handle.writeFile(text)
      await handle.sync()
    } finally {
      await handle.close()
    }
    await put(draft)
    await syncFolder(dirname(file))
  } finally {
    await unlink(draft).catch(() => undefined)
  }
}

/** A link is on the disk once its folder is; where folders cannot be opened (Windows) there is nothing to sync. */
async function syncFolder(folder: string): Promise<void> {
  if (process.platform === 'win32') return
  const handle = await open(folder, 'r')
  try {
    await handle.sync()
  } finally {
    await handle.close()
  }
}

/** Whoever can read the file can make tokens. Windows has no such modes. */
async function requirePrivate(handle: FileHandle, file: string): Promise<void> {
  if (process.platform === 'win32') return
  const { mode } = await handle.stat()
  if ((mode & 0o077) !== 0) {
    throw new InvalidOption(`keys: ${file} can be read or written by others: set its mode to 0600`)
  }
}

function codeOf(error: unknown): unknown {
  return error instanceof Error && 'code' in error ? error.code : undefined
}
