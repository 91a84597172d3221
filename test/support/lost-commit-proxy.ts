/** A TCP proxy before PostgreSQL that loses the answer to a COMMIT, which has taken effect. */

import { once } from 'node:events'
import { type AddressInfo, connect, createServer, type Socket } from 'node:net'
import type { Test } from 'tap'

export interface LostCommitProxy {
  readonly port: number
  /**
   * What happens to the answer of the next COMMIT, and then to the connection: it is `closed`, or it stays and is
   * `silent`. `null`: every answer passes.
   */
  loses: 'closed' | 'silent' | null
}

export async function lostCommitProxy(t: Test, targetPort: number): Promise<LostCommitProxy> {
  const sockets = new Set<Socket>()
  const proxy: { port: number; loses: LostCommitProxy['loses'] } = { port: 0, loses: null }
  const server = createServer((client) => {
    const target = connect(targetPort, '127.0.0.1')
    let lost: LostCommitProxy['loses'] = null
    for (const socket of [client, target]) {
      sockets.add(socket)
      socket.on('error', () => undefined)
      socket.on('close', () => [client, target].map((each) => each.destroy()))
    }
    client.on('data', (bytes) => {
      if (proxy.loses !== null && bytes.includes('commit\0')) {
        lost = proxy.loses
        proxy.loses = null
      }
      target.write(bytes)
    })
    target.on('data', (bytes) => {
      if (lost === null) client.write(bytes)
      else if (lost === 'closed') client.destroy()
    })
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  t.teardown(() => {
    for (const socket of sockets) socket.destroy()
    server.close()
  })
  proxy.port = (server.address() as AddressInfo).port
  return proxy
}
