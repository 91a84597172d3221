/** One process of the cluster: the host, by the settings in its environment. It ends with the process that started it. */
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
