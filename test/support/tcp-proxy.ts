/** A TCP proxy that a test cuts: connections end, or they stay and nothing passes. */

import { once } from 'node:events'
import { type AddressInfo, connect, createServer, type Socket } from 'node:net'
import type { Test } from 'tap'

export interface TcpProxy {
  readonly port: number
  /** `open`: bytes pass. `closed`: connections are ended and refused. `silent`: they stay open, and no byte passes. */
  state: 'open' | 'closed' | 'silent'
}

/** Puts itself before a port of this machine until the test ends. */
export async function tcpProxy(t: Test, targetPort: number): Promise<TcpProxy> {
  const sockets = new Set<Socket>()
  let state: TcpProxy['state'] = 'open'
  const server = createServer((client) => {
    if (state === 'closed') {
      client.destroy()
      return
    }
    const target = connect(targetPort, '127.0.0.1')
    for (const [from, to] of [
      [client, target],
      [target, client],
    ] as const) {
      sockets.add(from)
      from.on('data', (bytes) => {
        if (state === 'open') to.write(bytes)
      })
      from.on('error', () => undefined)
      from.on('close', () => {
        sockets.delete(from)
        // The end of a connection is a packet too.
        if (state !== 'silent') to.destroy()
      })
    }
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  const endAll = () => {
    for (const socket of sockets) socket.destroy()
  }
  t.teardown(() => {
    endAll()
    server.close()
  })
  return {
    port: (server.address() as AddressInfo).port,
    get state() {
      return state
    },
    set state(next) {
      // A connection that was opened while silent stays silent.
      if (next === 'closed' || state === 'silent') endAll()
      state = next
    },
  }
}
