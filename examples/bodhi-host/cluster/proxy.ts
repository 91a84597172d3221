/** A small proxy: each request goes to the next instance in turn, unless it names one. */
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
  /** The instances that take requests. */
  targets: readonly Target[]
  close(): Promise<void>
}

/** In a request: the instance that shall answer. In an answer: the one that did. */
export const INSTANCE_HEADER = 'bodhi-instance'

/** Starts the proxy on localhost, without any instance yet; port 0 takes any free one. */
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

/** The host sees the name that the browser asked for: its checks of where a request came from need that. */
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
  // Who goes away in the middle of a stream ends it at the instance too.
  response.on('close', () => onward.destroy())
  pipeline(request, onward, ignore)
}

/** Both ends of a broken pipeline are destroyed, which is all there is to do. */
function ignore(): void {}
