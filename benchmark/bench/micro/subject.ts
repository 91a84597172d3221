/** The internal objects of the plugin, connected as in the plugin, on an SQLite file. */

import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { createChallenges } from '../../../src/http/challenge.ts'
import { requestCheck } from '../../../src/http/request-check.ts'
import { decorateWithSlot, type RequestSlot } from '../../../src/http/request-slot.ts'
import { assemble, type Instance } from '../../../src/instance.ts'
import { loadKeys } from '../../../src/keys/key-source.ts'
import { createSigner } from '../../../src/keys/signer.ts'
import { issueToken } from '../../../src/lifecycle/issue-token.ts'
import { ScopeCatalogue } from '../../../src/lifecycle/scope-catalogue.ts'
import { readOptions } from '../../../src/settings.ts'
import { sqliteTokenStore } from '../../../src/store/kysely/dialects/sqlite/sqlite-token-store.ts'
import { actorOf } from '../../../src/token/actor.ts'
import { NO_SCOPES } from '../../../src/token/scope.ts'
import { digestOf } from '../../../src/verification/credential-digest.ts'
import { CacheMiss } from '../../../src/verification/verification.ts'
import { NO_ADDRESS } from '../../../src/verification/verification-entry.ts'
import { hs256Key } from '../../../test/support/keys.ts'
import { host } from '../variants/variant.ts'

type Verify = (request: FastifyRequest, reply: FastifyReply, done: (error?: Error) => void) => void

export interface Subject {
  readonly app: FastifyInstance
  readonly instance: Instance
  readonly slot: RequestSlot
  readonly verify: Verify
  issue(userId: string): Promise<string>
  /** Issues tokens and verifies each once, so that all are in the cache. */
  warm(count: number): Promise<readonly string[]>
  close(): Promise<void>
}

const SCOPES = ['chat:write', 'models:read']

/** `folder` contains the SQLite file. By default it is on a disk. */
export async function startSubject({ cacheMax = 10_000, folder = tmpdir() } = {}): Promise<Subject> {
  const place = mkdtempSync(join(folder, 'bench-'))
  const store = sqliteTokenStore({ filename: join(place, 'tokens.db') })
  await store.open()
  const app = host()
  // No cache entry expires during the measurement.
  const settings = readOptions({ routes: false, cache: { max: cacheMax, ttl: '1d' } })
  const catalogue = new ScopeCatalogue(Object.fromEntries(SCOPES.map((scope) => [scope, scope])))
  const keys = await loadKeys([hs256Key()], {
    storeIsEmpty: () => store.isEmpty(),
    log: () => undefined,
    warn: () => undefined,
  })
  const signer = await createSigner(app, keys)
  const instance = assemble({ settings, store, signer, catalogue, log: app.log })
  const { verification, signals, events } = instance
  const { clock, storesClients, logsTokenIds } = settings
  const challenges = createChallenges(settings.realm)
  const slot = decorateWithSlot(app)
  const check = requestCheck({
    ...{ verification, signals, challenges, clock, events, slot, storesClients, logsTokenIds },
    recorder: instance.recorder,
    onScopesMissing: () => undefined,
  })
  const verify: Verify = (request, reply, done) => check(request, reply, NO_SCOPES, done)
  const issue = async (userId: string) => {
    const { credential } = await issueToken(
      instance.lifecycle,
      { userId, scopes: SCOPES },
      actorOf(undefined),
    )
    return credential
  }
  return {
    app,
    instance,
    slot,
    verify,
    issue,
    warm: async (count) => {
      const credentials: string[] = []
      for (let user = 0; user < count; user += 1) {
        const credential = await issue(`user-${user}`)
        await verification.loadAndCount(missOf(credential), () => undefined, NO_ADDRESS)
        credentials.push(credential)
      }
      return credentials
    },
    close: async () => {
      await app.close()
      await store.close()
      rmSync(place, { recursive: true })
    },
  }
}

/** A credential that is not in the cache, for the cold path. */
export function missOf(credential: string): CacheMiss {
  return new CacheMiss(credential, digestOf(credential))
}
