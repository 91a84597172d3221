/** Compact credentials: their form, and every way to send something else. */

import t, { type Test } from 'tap'
import type { ApiTokensOptions } from '../../src/index.ts'
import type { SigningJwk } from '../../src/keys/jwk.ts'
import { memoryTokenStore } from '../../src/store/memory/memory-token-store.ts'
import * as compact from '../support/compact.ts'
import { type CountingStore, countingStore } from '../support/counting-store.ts'
import { type Host, issue, startHost, statusOf, withToken } from '../support/host.ts'
import { ed25519Key, es256Key, hs256Key, publicKey } from '../support/keys.ts'

const { PREFIX } = compact

const KINDS: [name: string, makeKey: () => SigningJwk][] = [
  ['HS256', hs256Key],
  ['EdDSA', ed25519Key],
  ['ES256', es256Key],
]

interface Scene extends Host {
  readonly store: CountingStore
}

async function scene(t: Test, keys: SigningJwk[], options: ApiTokensOptions = {}): Promise<Scene> {
  const store = countingStore(memoryTokenStore())
  const host = await startHost(t, { keys, store, credentials: 'compact', tokenPrefix: PREFIX, ...options })
  return { ...host, store }
}

/** Sends an invalid credential and checks that it causes no read and no change. */
async function refused(t: Test, { app, store }: Scene, name: string, credential: string): Promise<void> {
  const seen = () => ({
    reads: store.reads(),
    writes: store.writes(),
    size: app.apiTokens.stats().cache.size,
  })
  const before = seen()
  const response = await app.inject(withToken(credential))
  t.equal(response.statusCode, 401, name)
  t.match(response.json(), { code: 'FST_API_TOKENS_INVALID', message: 'The API token is not active' })
  t.same(seen(), before, `${name}: no read, no write, no entry`)
}

for (const [algorithm, makeKey] of KINDS) {
  t.test(`${algorithm}: a compact credential is the prefix and 62 characters, and is accepted`, async (t) => {
    const key = makeKey()
    const { app } = await scene(t, [key])
    const { token, id, hint } = await issue(app, 'ada', { scopes: ['models:read'], expires_in: 3600 })
    t.match(token, /^acme_[a-z2-7]{62}$/)
    t.equal(hint, token.slice(-4))
    t.equal(compact.partsOf(token).keyHint, compact.keyHintOf(key))
    t.equal(compact.partsOf(token).id, compact.idOf(id))
    for (const time of ['cold', 'warm']) {
      const response = await app.inject(withToken(token))
      t.equal(response.statusCode, 200, time)
      t.same(response.json(), { tokenId: id, userId: 'ada', scopes: ['models:read'] })
    }
    t.equal((await app.inject(withToken(token, '/models'))).statusCode, 200)
    t.equal((await app.inject({ ...withToken(token, '/chat'), method: 'POST' })).statusCode, 403)
  })

  t.test(`promise 3: ${algorithm}: the MAC proves offline that a credential is ours`, async (t) => {
    const key = makeKey()
    const { app } = await scene(t, [key])
    const { token } = await issue(app, 'ada')
    t.equal(compact.sign(key, token.slice(0, -32)), token, 'computed by the book, from the private half')
  })

  t.test(
    `promise 3: ${algorithm}: compact credentials with an invalid MAC are refused without a read`,
    async (t) => {
      const [key, other, stranger] = [makeKey(), makeKey(), makeKey()]
      const host = await scene(t, [key, other], { tokenPrefix: [PREFIX, 'old_', ''] })
      const { app, store } = host
      const { token: genuine } = await issue(app, 'ada')
      const { token: second } = await issue(app, 'ada')
      const { keyHint, id, mac } = compact.partsOf(genuine)
      const parts = compact.partsOf(second)
      const text = PREFIX + keyHint + id
      const forged: Record<string, string> = {
        'cut short': genuine.slice(0, -1),
        'cut short at the front': PREFIX + genuine.slice(PREFIX.length + 1),
        'without its MAC': text,
        'the prefix alone': PREFIX,
        'the prefix and one character': `${PREFIX}a`,
        extended: `${genuine}a`,
        'extended with padding': `${genuine}==`,
        'extended by a dot': `${genuine}.`,
        'extended by a refresh token': `${genuine}~abc`,
        'extended by its MAC': genuine + mac,
        'in capitals': PREFIX + genuine.slice(PREFIX.length).toUpperCase(),
        'its prefix in capitals': genuine.replace(PREFIX, PREFIX.toUpperCase()),
        'its MAC in capitals': text + mac.toUpperCase(),
        'its id in capitals': PREFIX + keyHint + id.toUpperCase() + mac,
        'without a prefix': genuine.slice(PREFIX.length),
        'with another prefix of the list': genuine.replace(PREFIX, 'old_'),
        'with an unknown prefix': genuine.replace(PREFIX, 'evil_'),
        'with the prefix twice': PREFIX + genuine,
        'with the id of another token': PREFIX + keyHint + parts.id + mac,
        'with the MAC of another token': PREFIX + keyHint + id + parts.mac,
        'with the hint of another key': PREFIX + compact.keyHintOf(other) + id + mac,
        'with the hint of no key': `${PREFIX}aaaa${id}${mac}`,
        'with a MAC by another key': text + compact.macOf(other, text),
        'of another key': compact.sign(other, PREFIX + keyHint + id),
        'of a stranger, with the hint of a key': compact.sign(stranger, PREFIX + keyHint + id),
        'of a stranger': compact.sign(stranger, PREFIX + compact.keyHintOf(stranger) + id),
        'with a MAC by the key itself': text + compact.macOf(key, text, compact.privateHalfOf(key)),
        'with a MAC by the subkey of seals':
          text + compact.macOf(key, text, compact.subkeyOf(key, 'row seal')),
        'with a MAC without the prefix': text + compact.macOf(key, keyHint + id),
        'with a MAC of zeros': text + 'a'.repeat(32),
        'with an empty secret': text + compact.macOf(key, text, Buffer.alloc(0)),
        'with the kid as its secret': text + compact.macOf(key, text, Buffer.from(key.kid)),
      }
      for (let at = 0; at < genuine.length; at += 1) {
        const put = genuine.charAt(at) === 'q' ? 'w' : 'q'
        forged[`character ${at} changed`] = genuine.slice(0, at) + put + genuine.slice(at + 1)
      }
      // A genuine MAC by the key does not make another text a credential.
      const signed = (before: string) => compact.sign(key, before)
      Object.assign(forged, {
        'signed: its id in capitals': signed(PREFIX + keyHint + id.toUpperCase()),
        'signed: an unused bit of its id is set': signed(PREFIX + keyHint + withUnusedBit(id)),
        'signed: its id is a UUIDv4': signed(
          PREFIX + keyHint + compact.idOf('3f2b8c1e-5d4a-4c6b-9e7f-0123456789ab'),
        ),
        'signed: without a prefix': signed(keyHint + id),
        'signed: with an unknown prefix': signed(`evil_${keyHint}${id}`),
        'signed: with a longer id': signed(`${PREFIX}${keyHint}${id}a`),
        'signed: with a shorter id': signed(PREFIX + keyHint + id.slice(1)),
        'signed: with the hint in capitals': signed(PREFIX + keyHint.toUpperCase() + id),
      })
      for (const state of ['cold', 'warm']) {
        for (const [name, credential] of Object.entries(forged)) {
          t.not(credential, genuine, name)
          await refused(t, host, `${name}, ${state}`, credential)
        }
        t.equal(await statusOf(app, genuine), 200)
      }
      const reads = store.reads()
      t.equal(await statusOf(app, genuine), 200)
      t.equal(store.reads(), reads, 'the entry of the genuine one was not touched')
    },
  )

  t.test(
    `promise 3: ${algorithm}: a genuine MAC of an unknown id, or by another key, is refused`,
    async (t) => {
      const [key, other] = [makeKey(), makeKey()]
      const { app } = await scene(t, [key, other])
      const { token, id } = await issue(app, 'ada')
      const reasons: unknown[] = []
      app.apiTokens.events.on('rejected', ({ reason, tokenId }) => reasons.push([reason, tokenId]))
      const unknown = '019b76da-a800-7fdc-bfcb-a521939f475d'
      const ofUnknown = compact.sign(key, PREFIX + compact.keyHintOf(key) + compact.idOf(unknown))
      t.equal(await statusOf(app, ofUnknown), 401)
      const byOther = compact.sign(other, PREFIX + compact.keyHintOf(other) + compact.idOf(id))
      t.equal(await statusOf(app, byOther), 401, 'the key of the row is another')
      t.same(reasons, [
        ['unknown', unknown],
        ['not_as_issued', id],
      ])
      t.equal(await statusOf(app, token), 200)
    },
  )
}

t.test(
  'promise 16: a key without its private half, and a retired key, verify no compact credential',
  async (t) => {
    for (const makeKey of [ed25519Key, es256Key]) {
      const store = memoryTokenStore()
      const [old, now] = [makeKey(), hs256Key()]
      const { token } = await issue((await scene(t, [old], { store })).app, 'ada')
      const start = (keys: SigningJwk[]) => scene(t, keys, { store })
      t.equal(await statusOf((await start([now, old])).app, token), 200)
      t.equal(await statusOf((await start([now, publicKey(old)])).app, token), 401)
      t.equal(await statusOf((await start([now])).app, token), 401)
    }
  },
)

t.test('both forms are accepted, whichever is issued, and a rotation issues the present one', async (t) => {
  const store = memoryTokenStore()
  const keys = [hs256Key(), es256Key()]
  const start = async (credentials: 'jwt' | 'compact', more: ApiTokensOptions = {}) =>
    (await startHost(t, { store, keys, credentials, tokenPrefix: PREFIX, ...more })).app
  const issued: string[] = []
  for (const credentials of ['jwt', 'compact', 'jwt', 'compact'] as const) {
    const app = await start(credentials)
    const { token, id } = await issue(app, 'ada')
    t.match(token, credentials === 'jwt' ? /^acme_eyJ[\w.-]+$/ : /^acme_[a-z2-7]{62}$/)
    issued.push(token)
    for (const earlier of issued) t.equal(await statusOf(app, earlier), 200, earlier.slice(0, 12))
    const other = await start(credentials === 'jwt' ? 'compact' : 'jwt')
    const { credential } = await other.apiTokens.rotate(id)
    t.match(credential, credentials === 'jwt' ? /^acme_[a-z2-7]{62}$/ : /^acme_eyJ/)
    t.equal(await statusOf(other, token), 200, 'in its grace period')
    issued[issued.length - 1] = credential
    t.equal(await statusOf(other, credential), 200)
    t.equal(await statusOf(other, token), 401, 'the successor was used')
  }
})

t.test('promise 16: a credential in the other form than the row’s is refused', async (t) => {
  const store = memoryTokenStore()
  const key = hs256Key()
  const start = async (credentials: 'jwt' | 'compact') =>
    (await startHost(t, { store, keys: [key], credentials, tokenPrefix: PREFIX })).app
  const app = await start('jwt')
  const { id } = await issue(app, 'ada')
  const reasons: unknown[] = []
  app.apiTokens.events.on('rejected', ({ reason }) => reasons.push(reason))
  const other = compact.sign(key, PREFIX + compact.keyHintOf(key) + compact.idOf(id))
  t.equal(await statusOf(app, other), 401)
  t.same(reasons, ['not_as_issued'])
})

t.test('a new first prefix ends no token', async (t) => {
  const store = memoryTokenStore()
  const keys = [hs256Key()]
  const start = async (tokenPrefix: string | string[]) => (await scene(t, keys, { store, tokenPrefix })).app
  const { token: old } = await issue(await start('old_'), 'ada')
  const app = await start(['new_', 'old_', ''])
  const { token } = await issue(app, 'ada')
  t.match(token, /^new_[a-z2-7]{62}$/)
  for (const credential of [old, token]) {
    t.equal(await statusOf(app, credential), 200)
    t.equal(await statusOf(app, credential), 200, 'from the cache')
    t.equal(await statusOf(app, credential.slice(4)), 401, 'never under the empty prefix')
  }
  t.equal(await statusOf(await start('new_'), old), 401)
})

t.test('promise 8: a management route refuses a compact credential', async (t) => {
  const { app } = await scene(t, [hs256Key()])
  const { token } = await issue(app, 'ada')
  const response = await app.inject({
    method: 'POST',
    url: '/tokens',
    headers: { ...withToken(token).headers, 'x-user': 'ada' },
  })
  t.equal(response.statusCode, 403)
  t.equal(response.json().code, 'FST_API_TOKENS_SESSION_ONLY')
})

t.test('GET and DELETE /tokens/current take a compact credential', async (t) => {
  const { app } = await scene(t, [hs256Key()])
  const { token, id } = await issue(app, 'ada')
  t.equal((await app.inject(withToken(token, '/tokens/current'))).json().id, id)
  await app.apiTokens.update(id, { status: 'inactive' })
  const ended = await app.inject({ ...withToken(token, '/tokens/current'), method: 'DELETE' })
  t.equal(ended.statusCode, 204)
  t.equal((await app.apiTokens.get(id)).status, 'revoked')
  t.equal(await statusOf(app, token), 401)
})

/** The last character has five bits, of which an id needs three. */
function withUnusedBit(id: string): string {
  const letters = 'abcdefghijklmnopqrstuvwxyz234567'
  return id.slice(0, -1) + letters.charAt(letters.indexOf(id.slice(-1)) | 1)
}
