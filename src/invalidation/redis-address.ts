/** Parses the address of a Redis server, so that its password appears in no error of the driver. */

import type { RedisOptions } from 'ioredis'
import { InvalidOption } from '../errors.ts'
import { parseServerAddress, requireKnownTls } from '../store/store-address.ts'

/** The options of `ioredis` that an address sets. */
export type RedisPlace = Pick<RedisOptions, 'path' | 'host' | 'port' | 'username' | 'password' | 'db' | 'tls'>

/**
 * The options of `ioredis` for `redis://…`, `rediss://…`, or the path of a Unix socket.
 *
 * @throws `FST_API_TOKENS_INVALID_OPTION`, whose message contains nothing of the text.
 */
export function redisAddress(text: string): RedisPlace {
  if (text.startsWith('/') && !text.startsWith('//')) return { path: text }
  const address = parseServerAddress(text)
  const isRedis = address !== undefined && ['redis:', 'rediss:'].includes(address.scheme)
  if (!isRedis || !/^\d*$/.test(address.database)) {
    throw new InvalidOption(
      'redisPubSub: url must be such as redis://user:password@host:6379/0; / ? # @ and % of a password are percent-encoded',
    )
  }
  requireKnownTls(address, ['tls'], 'redisPubSub: url')
  const { scheme, host, port, user, password, database, parameters } = address
  return {
    ...Object.fromEntries(
      parameters.map(([name, value]) => [name, name === 'family' ? Number(value) : value]),
    ),
    ...(host === '' ? {} : { host }),
    ...(port === undefined ? {} : { port }),
    ...(user === '' ? {} : { username: user }),
    ...(password === '' ? {} : { password }),
    ...(database === '' ? {} : { db: Number(database) }),
    ...(scheme === 'rediss:' ? { tls: {} } : {}),
  }
}
