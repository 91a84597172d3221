/** One instance at a time sweeps, and after its crash another takes over within two minutes. */

import { mock } from 'node:test'
import t from 'tap'
import { oneAtATime } from '../../src/jobs/one-at-a-time.ts'
import { memoryTokenStore } from '../../src/store/memory/memory-token-store.ts'
import { countingStore } from '../support/counting-store.ts'
import { startHost } from '../support/host.ts'
import { within } from '../support/within.ts'

t.test('while one instance runs the job another does nothing, and runs it later', async (t) => {
  const store = memoryTokenStore()
  const under = Promise.withResolvers<void>()
  let done = 0
  const here = oneAtATime({ store, name: 'sweep' }, () => under.promise)
  const there = oneAtATime({ store, name: 'sweep' }, async () => {
    done += 1
  })
  const working = here()
  await there()
  t.equal(done, 0)
  under.resolve()
  await working
  await there()
  t.equal(done, 1)
})

t.test('a failed job releases the lease and rejects with its error', async (t) => {
  const store = memoryTokenStore()
  const failing = oneAtATime({ store, name: 'sweep' }, () => Promise.reject(new Error('no')))
  await t.rejects(failing(), { message: 'no' })
  t.equal(await store.acquireLease({ name: 'sweep', holder: 'another', ms: 1 }), true)
})

t.test('the periodic sweep waits for the lease', async (t) => {
  mock.timers.enable({ apis: ['setInterval'] })
  t.teardown(() => mock.timers.reset())
  const store = countingStore(memoryTokenStore())
  await startHost(t, { store })
  const another = { name: 'sweep', holder: 'another' }
  await store.acquireLease({ ...another, ms: 60_000 })
  store.calls.clear()
  mock.timers.tick(60_000)
  await within(1_000, () => store.calls.get('acquireLease') === 1)
  await new Promise(setImmediate)
  t.equal(store.calls.get('markIdle'), undefined)
  await store.releaseLease(another)
  mock.timers.tick(60_000)
  await within(1_000, () => store.calls.get('markIdle') === 1)
  await within(1_000, () => Number(store.calls.get('prune')) >= 1)
  await within(1_000, () => store.acquireLease({ ...another, ms: 1 }))
  t.pass('and it is given back')
})
