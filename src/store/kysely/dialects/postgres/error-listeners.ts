/** Adds `error` listeners to all clients of a pool, so that a connection that PostgreSQL ends does not end the process. */

interface Emitter {
  on(event: string, listener: (subject: unknown) => void): unknown
}

const listened = new WeakSet<object>()

/**
 * Adds an `error` listener to a pool of `pg` and to each of its clients. The pool removes its own listener from a
 * client while the client is in use, and an `error` event without a listener ends the process. The listener has
 * nothing to do: the statement that runs on the connection rejects, and the pool drops the connection.
 */
export function listenToErrorsOf(pool: object): void {
  if (!isEmitter(pool) || listened.has(pool)) return
  listenToErrors(pool)
  // Emitted before the pool removes its own listener. After `await pool.connect()` it would be too late.
  pool.on('acquire', listenToErrors)
  for (const client of connectedClients(pool)) listenToErrors(client)
}

/** Adds an `error` listener to a client, once. */
export function listenToErrors(client: unknown): void {
  if (!isEmitter(client) || listened.has(client)) return
  listened.add(client)
  client.on('error', () => undefined)
}

/** Clients that the host uses at this moment. `pg` has no public list of them. */
function connectedClients(pool: object): readonly unknown[] {
  return '_clients' in pool && Array.isArray(pool._clients) ? pool._clients : []
}

function isEmitter(value: unknown): value is Emitter {
  return typeof value === 'object' && value !== null && 'on' in value && typeof value.on === 'function'
}
