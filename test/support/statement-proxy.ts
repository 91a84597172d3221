/** A TCP proxy that counts what a client asks of its database, and calls when the n-th question has passed. */

import { once } from 'node:events'
import { type AddressInfo, connect, createServer, type Socket } from 'node:net'
import type { Test } from 'tap'

export interface StatementProxy {
  readonly port: number
  /** Packets of the client until now; each is a statement, or a part of the greeting. */
  asked: number
  /** Calls when packet `at` is there. It passes, or it never does. */
  watch(watched: Watch): void
}

export interface Watch {
  /** The packet, counted from now on. */
  readonly at: number
  readonly passes: boolean
  onAvailable(): void
}

export async function statementProxy(t: Test, targetPort: number): Promise<StatementProxy> {
  const sockets = new Set<Socket>()
  let watched: Watch = { at: Number.POSITIVE_INFINITY, passes: true, onAvailable: () => undefined }
  const server = createServer((client) => {
    const target = connect(targetPort, '127.0.0.1')
    for (const socket of [client, target]) {
      sockets.add(socket)
      socket.on('error', () => undefined)
    }
    client.on('close', () => target.destroy())
    target.on('close', () => client.destroy())
    target.on('data', (bytes) => client.write(bytes))
    client.on('data', (bytes) => {
      proxy.asked += 1
      const isReached = proxy.asked === watched.at
      if (!isReached || watched.passes) target.write(bytes)
      if (isReached) watched.onAvailable()
    })
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  t.teardown(() => {
    for (const socket of sockets) socket.destroy()
    server.close()
  })
  const proxy: StatementProxy = {
    port: (server.address() as AddressInfo).port,
    asked: 0,
    watch: (next) => {
      proxy.asked = 0
      watched = next
    },
  }
  return proxy
}
