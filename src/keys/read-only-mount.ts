/** Says whether a file is on a mount that this process cannot write to, whatever the file's mode. */

import { access, constants, readFile } from 'node:fs/promises'

/** `path` has no links in it. Where the system has no list of mounts, only an owner's file is known to be read-only. */
export async function isOnReadOnlyMount(path: string): Promise<boolean> {
  const mounts = await readFile('/proc/self/mountinfo', 'utf8').catch(() => null)
  if (mounts !== null) return optionsOf(mounts, path).includes('ro')
  try {
    await access(path, constants.W_OK)
    return false
  } catch (error) {
    return error instanceof Error && 'code' in error && error.code === 'EROFS'
  }
}

/** Of the mount and of its file system, by https://man7.org/linux/man-pages/man5/proc_pid_mountinfo.5.html. */
function optionsOf(mounts: string, path: string): readonly string[] {
  let nearest = ''
  let options: readonly string[] = []
  for (const line of mounts.split('\n')) {
    const [before = '', after = ''] = line.split(' - ')
    const [, , , , mountPoint, mountOptions] = before.split(' ')
    if (mountPoint === undefined || mountOptions === undefined) continue
    const folder = unescaped(mountPoint)
    const isAbove = folder === '/' || path === folder || path.startsWith(`${folder}/`)
    // Of two at the same place the later one covers the earlier.
    if (!isAbove || folder.length < nearest.length) continue
    nearest = folder
    options = [...mountOptions.split(','), ...(after.split(' ')[2] ?? '').split(',')]
  }
  return options
}

/** Spaces and the like stand there as octal numbers. */
function unescaped(mountPoint: string): string {
  return mountPoint.replace(/\\([0-7]{3})/g, (_, octal: string) =>
    String.fromCharCode(Number.parseInt(octal, 8)),
  )
}
