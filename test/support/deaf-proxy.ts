/** Acts like a pooler in transaction mode: it passes every response of PostgreSQL and no notification. */

import { once } from 'node:events'
import { type AddressInfo, connect, createServer, type Socket } from 'node:net'
import type { Test } from 'tap'

const NOTIFICATION = 'A'.charCodeAt(0)

/** Puts itself before a PostgreSQL of this machine until the test ends, and returns its port. */
export async function deafProxy(t: Test, targetPort: number): Promise<number> {
  const sockets = new Set<Socket>()
  const server = createServer((client) => {
    const target = connect(targetPort, '127.0.0.1')
    for (const socket of [client, target]) {
      sockets.add(socket)
      socket.on('error', () => undefined)
      socket.on('close', () => [client, target].map((each) => each.destroy()))
    }
    client.on('data', (bytes) => target.write(bytes))
    const rest = withoutNotifications((message) => client.write(message))
    target.on('data', rest)
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  t.teardown(() => {
    for (const socket of sockets) socket.destroy()
    server.close()
  })
  return (server.address() as AddressInfo).port
}

/** Messages of the server: a byte for the kind, then four for the length, which counts itself. */
function withoutNotifications(pass: (message: Buffer) => void): (bytes: Buffer) => void {
  let unread = Buffer.alloc(0)
  return (bytes) => {
    unread = Buffer.concat([unread, bytes])
    while (unread.length >= 5 && unread.length > unread.readUInt32BE(1)) {
      const end = 1 + unread.readUInt32BE(1)
      if (unread[0] !== NOTIFICATION) pass(unread.subarray(0, end))
      unread = unread.subarray(end)
    }
  }
}
