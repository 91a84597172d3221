/** Code may change a token's name, description and status. */

import { join } from 'node:path'
import t from 'tap'
import { findToken } from '../../src/store/find-token.ts'
import { sqliteTokenStore } from '../../src/store/kysely/dialects/sqlite/sqlite-token-store.ts'
import { memoryTokenStore } from '../../src/store/memory/memory-token-store.ts'
import { issue, startHost } from '../support/host.ts'

t.test('promise 8: another field is refused by name and nothing is written', async (t) => {
  const filename = join(t.testdir(), 'tokens.db')
  for (const store of [memoryTokenStore(), sqliteTokenStore({ filename })]) {
    const { app } = await startHost(t, { store })
    const { id } = await issue(app, 'ada', { name: 'mine', expires_in: 60 })
    const before = await findToken(store, id)
    for (const field of [
      'userId',
      'user_id',
      'expiresAt',
      'expires_at',
      'scopes',
      'generation',
      'use_count',
    ]) {
      // As a host without types passes on a body.
      const changes = { name: 'new', [field]: null }
      await t.rejects(app.apiTokens.update(id, changes), {
        code: 'FST_ERR_VALIDATION',
        message: new RegExp(`^${field} is not a member of the changes`),
      })
    }
    t.same(await findToken(store, id), before)
  }
})

t.test('name, description and status are changed, alone or together', async (t) => {
  const { app } = await startHost(t)
  const { id } = await issue(app, 'ada', { name: 'mine' })
  t.match(await app.apiTokens.update(id, { name: 'new' }), {
    name: 'new',
    description: null,
    status: 'active',
  })
  t.match(await app.apiTokens.update(id, { name: null, description: 'd', status: 'inactive' }), {
    name: null,
    description: 'd',
    status: 'inactive',
    statusReason: 'disabled',
  })
})
