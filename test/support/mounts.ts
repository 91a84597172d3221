/** Real mounts for a test: a read-only one, and one so small that the disk is full at once. */

import { execFileSync } from 'node:child_process'
import { mkdirSync } from 'node:fs'
import type { Test } from 'tap'

/** Mounts with these arguments of `mount`, until the test ends; `false` where this process may not. */
export function mount(t: Test, folder: string, args: readonly string[]): boolean {
  mkdirSync(folder, { recursive: true })
  try {
    execFileSync('mount', [...args, folder], { stdio: 'pipe' })
  } catch (error) {
    t.pass('no mounts here', { skip: `mount: ${error instanceof Error ? error.message : error}` })
    return false
  }
  t.teardown(() => execFileSync('umount', ['--lazy', folder]))
  return true
}
