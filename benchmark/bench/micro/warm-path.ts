/** The steps of a warm verification and their total, with 500 tokens in turn. */

import { LRUCache } from 'lru-cache'
import { findCredential } from '../../../src/http/authorization-header.ts'
import { writeSlot } from '../../../src/http/request-slot.ts'
import { RequestVerification } from '../../../src/http/request-verification.ts'
import { digestOf } from '../../../src/verification/credential-digest.ts'
import { CacheMiss } from '../../../src/verification/verification.ts'
import { FORGED, NO_ADDRESS } from '../../../src/verification/verification-entry.ts'
import type { Step } from '../steps.ts'
import { CREDENTIALS } from '../variants/variant.ts'
import { nanoseconds } from './nanoseconds.ts'
import { fresh, newConnection, requestsOf } from './requests.ts'
import { startSubject } from './subject.ts'

export async function warmPath(): Promise<Step[]> {
  const { app, instance, slot, verify, warm, close } = await startSubject()
  const { verification, cache, recorder, signals } = instance
  const credentials = await warm(CREDENTIALS)
  const requests = await requestsOf(app)
  const entries = credentials.map((credential) => {
    const entry = verification.getAndCount(credential, Date.now(), NO_ADDRESS)
    if (entry instanceof CacheMiss || entry.use === null || entry.rejection !== null)
      throw new Error('the token is not in the cache')
    return { ...entry, use: entry.use }
  })
  const connection = newConnection()
  const connections = credentials.map((credential) => ({ connection: newConnection(), credential }))
  const byHand = new LRUCache<string, { until: number }>({ max: 10_000 })
  for (const credential of credentials) byHand.set(credential, { until: Infinity })
  let turn = 0
  const inTurn = <T>(each: readonly T[]): T => {
    turn = (turn + 1) % each.length
    return each[turn] as T
  }
  const whole = (exchange: ReturnType<typeof requests.next>) => {
    let error: Error | undefined = NOT_CALLED
    verify(exchange[0], exchange[1], (refused) => {
      error = refused
    })
    if (error !== undefined) throw error
  }
  const now = Date.now()
  const steps: Step[] = [
    {
      name: 'header',
      title: 'header: exactly one bearer credential',
      value: await nanoseconds(
        () => requests.nextRaw(connection, inTurn(credentials)),
        (raw) => findCredential(raw),
      ),
      unit: 'ns',
    },
    {
      name: 'key',
      title: 'key: SHA-256 of the credential',
      value: await nanoseconds(
        () => fresh(inTurn(credentials)),
        (credential) => digestOf(credential),
      ),
      unit: 'ns',
    },
    {
      name: 'lookup',
      title: 'key and lookup: finds the entry of a credential before its deadline',
      value: await nanoseconds(
        () => fresh(inTurn(credentials)),
        (credential) => cache.get(digestOf(credential), now),
      ),
      unit: 'ns',
    },
    {
      name: 'evaluation',
      title: 'evaluation: the entry is valid and before its deadline, and is marked as recently used',
      value: await nanoseconds(
        () => cache.get(digestOf(inTurn(credentials)), now),
        (entry) => verification.revalidateAndCount(entry, now, NO_ADDRESS),
      ),
      unit: 'ns',
    },
    {
      name: 'touch',
      title: 'usage: counts one use of the day',
      value: await nanoseconds(
        () => inTurn(entries).use,
        (use) => recorder.countUse(use, now),
      ),
      unit: 'ns',
    },
    {
      name: 'decoration',
      title: 'decoration: `request.apiToken`, created on first access',
      value: await nanoseconds(
        () => requests.next(connection, 'x'),
        ([request, reply]) => writeSlot(request, slot, new RequestVerification(FORGED, reply, signals)),
      ),
      unit: 'ns',
    },
    {
      name: 'warm',
      title: 'warm verification, total',
      value: (await nanoseconds(() => requests.next(connection, inTurn(credentials)), whole)) / 1000,
      unit: 'µs',
      target: 0.85,
    },
    {
      name: 'warm-connection',
      title: 'the same on a connection with the same header as before',
      value:
        (await nanoseconds(() => {
          const each = inTurn(connections)
          return requests.next(each.connection, each.credential)
        }, whole)) / 1000,
      unit: 'µs',
      target: 0.2,
    },
    {
      name: 'by-hand',
      title: 'for comparison: a lookup in an LRU of raw tokens, by hand',
      value: await nanoseconds(
        () => requests.nextRaw(connection, inTurn(credentials)),
        ({ headers: { authorization = '' } }) => byHand.get(authorization.slice(7)),
      ),
      unit: 'ns',
    },
  ]
  await close()
  return steps
}

const NOT_CALLED = new Error('the hook did not answer within the call')
