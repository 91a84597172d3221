/** The built-in provider's storage, in memory: a restart ends all its sessions. */
import { LRUCache } from 'lru-cache'
import type { Adapter, AdapterFactory, AdapterPayload, ClientMetadata } from 'oidc-provider'

const MOST_RECORDS = 10_000

/**
 * Makes the provider's storage. Clients are computed at each read, because the port in their redirect URI is known only
 * when the host listens, and the host discovers the provider before it listens.
 */
export function providerMemory(findClient: (clientId: string) => ClientMetadata | undefined): AdapterFactory {
  const records = new LRUCache<string, AdapterPayload>({ max: MOST_RECORDS })
  return (kind) => {
    if (kind === 'Client') return recordsOf(kind, records, async (id) => findClient(id))
    return recordsOf(kind, records, async (id) => records.get(`${kind}:${id}`))
  }
}

function recordsOf(kind: string, records: LRUCache<string, AdapterPayload>, find: Adapter['find']): Adapter {
  const findBy = async (matches: (record: AdapterPayload) => boolean) => {
    for (const [key, record] of records) if (key.startsWith(`${kind}:`) && matches(record)) return record
    return undefined
  }

  return {
    find,
    findByUid: (uid) => findBy((record) => record.uid === uid),
    findByUserCode: (userCode) => findBy((record) => record.userCode === userCode),
    async upsert(id, record, expiresIn) {
      records.set(`${kind}:${id}`, record, expiresIn === undefined ? {} : { ttl: expiresIn * 1000 })
    },
    async consume(id) {
      const record = records.get(`${kind}:${id}`)
      if (record) record.consumed = Math.floor(Date.now() / 1000)
    },
    async destroy(id) {
      records.delete(`${kind}:${id}`)
    },
    async revokeByGrantId(grantId) {
      for (const [key, record] of records) if (record.grantId === grantId) records.delete(key)
    },
  }
}
