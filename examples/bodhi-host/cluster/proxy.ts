/** A small round-robin proxy. A request header can select an instance. */
import { once } from 'node:events'
import { Agent, createServer, type IncomingMessage, type ServerResponse, request as send } from 'node:http'
import type { AddressInfo } from 'node:net'
import { pipeline } from 'node:stream'

export interface Target {
  readonly number: number
  readonly port: number
}

export interface ClusterProxy {
  readonly origin: string
  /** The instances that receive requests. */
  targets: readonly Target[]
  close(): Promise<void>
}

/** Request header: the selected instance. Response header: the instance that responded. */
export const INSTANCE_HEADER = 'bodhi-instance'

/** Starts the proxy on localhost without instances. Port 0 means any free port. */
export async function startProxy(port: number): Promise<ClusterProxy> {
  const agent = new Agent({ keepAlive: true })
  let turn = 0
  const server = createServer((request, response) => {
    const asked = request.headers[INSTANCE_HEADER]
    const target =
      asked === undefined
        ? proxy.targets[turn++ % proxy.targets.length]
        : proxy.targets.find(({ number }) => String(number) === asked)
    if (target) pass(request, response, target, agent)
    else response.writeHead(503).end()
  })
  server.listen(port, 'localhost')
  await once(server, 'listening')

  const { port: own } = server.address() as AddressInfo // a listening TCP server has one
  const proxy: ClusterProxy = {
    origin: `http://localhost:${own}`,
    targets: [],
    async close() {
      server.close()
      server.closeAllConnections()
      agent.destroy()
      if (server.listening) await once(server, 'close')
    },
  }
  return proxy
}

/** Keeps the `Host` header of the browser, because the host's cross-site checks need it. */
function pass(request: IncomingMessage, response: ServerResponse, target: Target, agent: Agent): void {
  const { method, url, headers } = request
  const onward = send({ agent, host: '127.0.0.1', port: target.port, method, path: url, headers })
  onward.on('response', (answer) => {
    response.writeHead(answer.statusCode ?? 502, { ...answer.headers, [INSTANCE_HEADER]: target.number })
    pipeline(answer, response, ignore)
  })
  onward.on('error', () => {
    if (response.headersSent) response.destroy()
    else response.writeHead(502).end()
  })
  // If the client disconnects, the stream at the instance ends too.
  response.on('close', () => onward.destroy())
  pipeline(request, onward, ignore)
}

/** Nothing to do: a failed pipeline has already destroyed both streams. */
function ignore(): void {}
