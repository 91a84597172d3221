/** Runs work as a user without privileges, for whom file modes count; tests in containers run as root. */

/** `nobody` on most systems; no file of a test belongs to it. */
const OTHER_UID = 65_534

/** As another user where this process is root, otherwise as itself. */
export async function asOtherUser<T>(work: () => Promise<T>): Promise<T> {
  if (process.getuid?.() !== 0) return work()
  process.seteuid?.(OTHER_UID)
  try {
    return await work()
  } finally {
    process.seteuid?.(0)
  }
}
