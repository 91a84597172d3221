/** One variant in a process of its own: tells its parent where it listens, and how much processor time it has used. */

import type { AddressInfo } from 'node:net'
import { variantNamed } from './variants/all.ts'

export interface ServerHello {
  readonly port: number
  readonly credentials: readonly string[]
}

const { app, credentials } = await variantNamed(process.argv[2] ?? '').start()
await app.listen({ port: 0, host: '127.0.0.1' })
const { port } = app.server.address() as AddressInfo
process.send?.({ port, credentials } satisfies ServerHello)
process.on('message', () => {
  const { user, system } = process.cpuUsage()
  process.send?.(user + system)
})
process.on('disconnect', () => process.exit())
