/** One process of the cluster: the host with settings from its environment. It exits when its parent process exits. */
import type { AddressInfo } from 'node:net'
import { startHost } from '../host.ts'
import { readSettings } from '../settings.ts'

const { app } = await startHost(readSettings(process.env))
const stop = async () => {
  await app.close()
  process.exit()
}
for (const signal of ['SIGINT', 'SIGTERM', 'disconnect'] as const) process.once(signal, stop)

const { port } = app.server.address() as AddressInfo // it listens on TCP
process.send?.({ port })
