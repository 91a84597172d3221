/** The timers of one plugin instance: flush, clock check, sweep and key refresh. */

import type { FastifyInstance } from 'fastify'
import type { Instance } from './instance.ts'
import { jobLog } from './jobs/job-log.ts'
import { oneAtATime } from './jobs/one-at-a-time.ts'
import { repeat } from './jobs/repeat.ts'
import { type RefreshKeysDeps, refreshKeys } from './keys/refresh-keys.ts'
import type { Settings } from './settings.ts'

const SWEEP_INTERVAL_MS = 60_000
const CLOCK_INTERVAL_MS = 1_000

/** Starts the timers, and stops them with the Fastify instance. */
export function startTimers(fastify: FastifyInstance, settings: Settings, instance: Instance): void {
  const { recorder, signals, lifecycle } = instance
  const { flushIntervalMs, keys } = settings
  const log = jobLog(fastify.log)
  // The recorder logs its failures itself.
  const flushing = setInterval(() => recorder.flushInBackground(), flushIntervalMs).unref()
  const watching = repeat(CLOCK_INTERVAL_MS, async () => instance.watchClock(), {
    failed: (err) => log.error({ err }, 'reading the clock for API tokens fails'),
    recovered: () => log.info('reading the clock for API tokens works again'),
  })
  const sweepAlone = oneAtATime({ store: lifecycle.store, name: 'sweep' }, instance.sweep)
  const sweeping = repeat(
    SWEEP_INTERVAL_MS,
    // An instance with a wrong clock does not take the lease. It deletes by the store's clock only.
    async (stopping) => {
      const isRight = (await instance.sweepClock.now()) !== null
      await (isRight ? sweepAlone(stopping) : instance.sweep(stopping))
    },
    {
      failed: (err) => log.error({ err }, 'the sweep of API tokens fails: it is tried again every minute'),
      recovered: () => log.info('the sweep of API tokens succeeds again'),
    },
  )
  // Fastify runs onClose hooks in reverse order of registration: the store is still open here.
  fastify.addHook('onClose', async () => {
    clearInterval(flushing)
    await Promise.all([watching.stop(), sweeping.stop()])
    signals.close()
    await recorder
      .close()
      .catch((err) => log.error({ err, ...recorder.stats() }, 'usage of API tokens was lost at close'))
  })
  if (typeof keys === 'function') startKeyRefresh(fastify, settings, keys, instance)
}

function startKeyRefresh(
  fastify: FastifyInstance,
  { keyRefreshMs }: Settings,
  source: RefreshKeysDeps['source'],
  { lifecycle, onKeysChanged }: Instance,
): void {
  const log = jobLog(fastify.log)
  const deps = {
    source,
    signer: lifecycle.signer,
    log: (message: string) => log.info(message),
    warn: (message: string) => log.warn(message),
    onChange: onKeysChanged,
  }
  const refreshing = repeat(keyRefreshMs, () => refreshKeys(deps), {
    failed: (err) =>
      log.error({ err }, 'the keys of API tokens cannot be refreshed: the current keys stay in use'),
    recovered: () => log.info('the keys of API tokens are refreshed again'),
  })
  fastify.addHook('onClose', () => refreshing.stop())
}
