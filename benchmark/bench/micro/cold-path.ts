/** The cost of a credential that is not in the cache, with a valid and with an invalid signature. */

import { NO_ADDRESS } from '../../../src/verification/verification-entry.ts'
import type { Step } from '../steps.ts'
import { forge } from '../variants/plugin.ts'
import { CREDENTIALS } from '../variants/variant.ts'
import { nanoseconds } from './nanoseconds.ts'
import { fresh } from './requests.ts'
import { missOf, startSubject } from './subject.ts'

/** The requests of one turn of the event loop. */
const TURN = 64

export async function coldPath(): Promise<Step[]> {
  // With a cache of one entry and many tokens in turn, every verification is a miss.
  const { instance, warm, close } = await startSubject({ cacheMax: 1 })
  const { verification, lifecycle } = instance
  const credentials = await warm(CREDENTIALS)
  const forged = credentials.map(forge)
  let turn = 0
  const inTurn = (each: readonly string[]) => {
    turn = (turn + 1) % each.length
    return fresh(each[turn] ?? '')
  }
  const checked = (jwt: string) => lifecycle.signer.verify(jwt)
  const signature = await nanoseconds(() => inTurn(credentials), checked)
  const read =
    (await nanoseconds(
      () => Array.from({ length: TURN }, () => inTurn(credentials)),
      (some) =>
        Promise.all(
          some.map((each) => verification.loadAndCount(missOf(each), (entry) => entry, NO_ADDRESS)),
        ),
    )) / TURN
  const refused = await nanoseconds(() => inTurn(forged), checked)
  await close()
  return [
    { name: 'signature', title: 'signature of HS256, valid', value: signature / 1000, unit: 'µs' },
    { name: 'cold', title: 'cold verification on SQLite, 64 at once, each', value: read / 1000, unit: 'µs' },
    { name: 'forged', title: 'signature of HS256, invalid', value: refused / 1000, unit: 'µs' },
  ]
}
