/** Waits for something that happens by itself. */

import { setTimeout as sleep } from 'node:timers/promises'

/** How many milliseconds it took until `happened`. Throws when it did not within `ms`. */
export async function within(ms: number, happened: () => boolean | Promise<boolean>): Promise<number> {
  const startedAt = performance.now()
  for (;;) {
    if (await happened()) return performance.now() - startedAt
    if (performance.now() - startedAt > ms) throw new Error(`it did not happen within ${ms} ms`)
    await sleep(5)
  }
}
