/** Whether a file is on a read-only mount, whatever its mode. */

import { access, constants, readFile } from 'node:fs/promises'

/** `path` must be a real path. Systems without a list of mounts report EROFS only for files that the mode lets us write. */
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

/** The options of a mount and of its file system: https://man7.org/linux/man-pages/man5/proc_pid_mountinfo.5.html. */
function optionsOf(mounts: string, path: string): readonly string[] {
  let nearest = ''
  let options: readonly string[] = []
  for (const line of mounts.split('\n')) {
    const [before = '', after = ''] = line.split(' - ')
    const [, , , , mountPoint, mountOptions] = before.split(' ')
    if (mountPoint === undefined || mountOptions === undefined) continue
    const folder = unescaped(mountPoint)
    const isAbove = folder === '/' || path === folder || path.startsWith(`${folder}/`)
    // A later mount at the same place covers the earlier one.
    if (!isAbove || folder.length < nearest.length) continue
    nearest = folder
    options = [...mountOptions.split(','), ...(after.split(' ')[2] ?? '').split(',')]
  }
  return options
}

/** Spaces and some other characters are escaped as octal numbers. */
function unescaped(mountPoint: string): string {
  return mountPoint.replace(/\\([0-7]{3})/g, (_, octal: string) =>
    String.fromCharCode(Number.parseInt(octal, 8)),
  )
}
