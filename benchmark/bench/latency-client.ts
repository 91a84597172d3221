/**
 * Sends requests over its own sockets and measures each latency, because the load tools round it or report it at their
 * end only. It runs in its own process, and measures a slice whenever the parent asks for one.
 */

import { once } from 'node:events'
import { connect, type Socket } from 'node:net'

export interface ClientStart {
  readonly endpoints: readonly { readonly port: number; readonly credentials: readonly string[] }[]
  /** Connections to each endpoint, each with one request at a time. */
  readonly connections: number
}

export interface SliceRequest {
  /** The index of the endpoint. */
  readonly endpoint: number
  readonly ms: number
}

export interface LatencySlice {
  readonly requests: number
  readonly perSecond: number
  /** Milliseconds, as `p99`. */
  readonly median: number
  readonly p99: number
}

/** The first requests of a slice find caches of the processor that the other server filled. They do not count. */
const SETTLE_MS = 50

class Client {
  readonly #socket: Socket
  readonly #requests: readonly Buffer[]
  readonly #endpoint: Endpoint
  #next: number
  #sentAt = 0
  #received = 0

  constructor(socket: Socket, requests: readonly Buffer[], endpoint: Endpoint, first: number) {
    this.#socket = socket
    this.#requests = requests
    this.#endpoint = endpoint
    this.#next = first
    socket.setNoDelay(true)
    socket.on('data', (chunk) => this.#receive(chunk))
    socket.on('close', () => fail('the server closed a connection'))
  }

  send(): void {
    this.#next = (this.#next + 1) % this.#requests.length
    this.#sentAt = performance.now()
    this.#socket.write(this.#requests[this.#next] ?? '')
  }

  #receive(chunk: Buffer): void {
    if (this.#received === 0 && !chunk.subarray(0, STATUS_LINE.length).equals(STATUS_LINE)) {
      fail(`unexpected response: ${chunk.toString('latin1').split('\r\n')[0]}`)
    }
    this.#received += chunk.length
    this.#endpoint.responseLength ??= responseLength(chunk)
    if (this.#received < this.#endpoint.responseLength) return
    this.#received = 0
    this.#endpoint.answered(this, performance.now() - this.#sentAt)
  }
}

class Endpoint {
  /** The same for every response. */
  responseLength: number | undefined
  #clients: readonly Client[] = []
  #latencies: number[] = []
  #isSending = false
  #isCounting = false
  #idle: (() => void) | undefined
  #idleClients = 0

  static async open(port: number, credentials: readonly string[], connections: number): Promise<Endpoint> {
    const endpoint = new Endpoint()
    const requests = credentials.map((credential) =>
      Buffer.from(`GET / HTTP/1.1\r\nHost: 127.0.0.1:${port}\r\nAuthorization: Bearer ${credential}\r\n\r\n`),
    )
    endpoint.#clients = await Promise.all(
      Array.from({ length: connections }, async (_, index) => {
        const socket = connect(port, '127.0.0.1')
        await once(socket, 'connect')
        return new Client(socket, requests, endpoint, index * FIRST_REQUEST_STEP)
      }),
    )
    return endpoint
  }

  async measure(ms: number): Promise<LatencySlice> {
    const { promise: allIdle, resolve } = Promise.withResolvers<void>()
    this.#idle = resolve
    this.#idleClients = 0
    this.#latencies = []
    this.#isSending = true
    for (const client of this.#clients) client.send()
    await elapsed(SETTLE_MS)
    this.#isCounting = true
    const begin = performance.now()
    await elapsed(ms)
    const seconds = (performance.now() - begin) / 1000
    this.#isCounting = false
    this.#isSending = false
    await allIdle
    const sorted = Float64Array.from(this.#latencies).sort()
    const at = (share: number) => sorted[Math.floor(sorted.length * share)] ?? Number.NaN
    return { requests: sorted.length, perSecond: sorted.length / seconds, median: at(0.5), p99: at(0.99) }
  }

  answered(client: Client, latency: number): void {
    if (this.#isCounting) this.#latencies.push(latency)
    if (this.#isSending) return client.send()
    this.#idleClients += 1
    if (this.#idleClients === this.#clients.length) this.#idle?.()
  }
}

const STATUS_LINE = Buffer.from('HTTP/1.1 200')
/** Connections start at different tokens of the list. */
const FIRST_REQUEST_STEP = 7

function responseLength(response: Buffer): number {
  const text = response.toString('latin1')
  const headers = text.indexOf('\r\n\r\n')
  const length = /^content-length: (\d+)$/im.exec(text.slice(0, headers))?.[1]
  if (headers < 0 || length === undefined) fail('a response without Content-Length')
  return headers + 4 + Number(length)
}

function elapsed(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms))
}

function fail(message: string): never {
  console.error(message)
  process.exit(1)
}

process.on('SIGINT', () => undefined)
process.on('disconnect', () => process.exit())
const [{ endpoints, connections }] = (await once(process, 'message')) as [ClientStart]
const opened = await Promise.all(
  endpoints.map(({ port, credentials }) => Endpoint.open(port, credentials, connections)),
)
process.on('message', async ({ endpoint, ms }: SliceRequest) => {
  process.send?.(await opened[endpoint]?.measure(ms))
})
process.send?.('ready')
