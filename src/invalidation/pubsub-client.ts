/** Keeps a pub/sub connected, and checks by heartbeats that published messages arrive. */

import { randomUUID } from 'node:crypto'
import { setTimeout as sleep } from 'node:timers/promises'
import { InvalidOption } from '../errors.ts'
import type { InvalidationTarget } from '../store/change-feed.ts'
import type { PubSub, PubSubConnection } from '../store/pubsub.ts'
import { withTimeout } from '../with-timeout.ts'
import { heartbeatMessage, invalidationMessage, readMessage } from './message.ts'

export interface PubSubClientDeps {
  readonly pubsub: PubSub
  onInvalidate(target: InvalidationTarget): void
  /** Called for each heartbeat that returns. Messages published before the first one may be lost. */
  onAvailable(): void
  onUnavailable(error: unknown): void
}

/** The interval of heartbeats, and the time in which each must return: after it the pub/sub is unavailable. */
const HEARTBEAT_INTERVAL_MS = 1_000
const CONNECT_TIMEOUT_MS = 2_000
/** The pause between attempts to connect doubles. It is random, so that instances do not reconnect all at once. */
const FIRST_PAUSE_MS = 100
const LONGEST_PAUSE_MS = 5_000

interface OpenConnection {
  readonly connection: PubSubConnection
  /** Rejects when the connection is lost. */
  readonly lost: Promise<never>
}

export class PubSubClient {
  readonly #deps: PubSubClientDeps
  readonly #id = randomUUID()
  readonly #stopping = new AbortController()
  #running: Promise<void> = Promise.resolve()
  #connection: PubSubConnection | undefined
  #heartbeats = 0
  #onHeartbeat: (heartbeat: string) => void = () => undefined
  #failures = 0
  #lagMs: number | null = null

  constructor(deps: PubSubClientDeps) {
    this.#deps = deps
  }

  /** The time that the last heartbeat took, in milliseconds. */
  get lagMs(): number | null {
    return this.#lagMs
  }

  /**
   * Connects, and reconnects in the background from then on. A first attempt that fails is retried in the background.
   *
   * @throws {InvalidOption} When a retry cannot help.
   */
  async start(): Promise<void> {
    const first = await this.#connect().catch((error: unknown) => {
      if (error instanceof InvalidOption) throw error
      this.#fail(error)
      return undefined
    })
    this.#running = this.#run(first)
  }

  /** Publishes without waiting. The other instances find a lost message in the store's change feed. */
  publish(target: InvalidationTarget): void {
    if (this.#deps.pubsub.publishedByStore) return
    this.#connection?.publish(invalidationMessage(target)).catch(() => undefined)
  }

  async stop(): Promise<void> {
    this.#stopping.abort()
    await this.#running
  }

  async #run(first: OpenConnection | undefined): Promise<void> {
    const { signal } = this.#stopping
    for (let open = first; !signal.aborted; open = undefined) {
      try {
        await this.#sendHeartbeats(open ?? (await this.#connect()))
      } catch (error) {
        if (!signal.aborted) this.#fail(error)
      } finally {
        await this.#disconnect()
      }
      await sleep(this.#pause(), undefined, { ref: false, signal }).catch(() => undefined)
    }
  }

  async #connect(): Promise<OpenConnection> {
    const lost = Promise.withResolvers<never>()
    lost.promise.catch(() => undefined)
    const connecting = this.#deps.pubsub.connect({
      message: (text) => this.#receive(text),
      lost: (cause) => lost.reject(cause),
    })
    const closeLate = (late: PubSubConnection) => void late.close().catch(() => undefined)
    this.#connection = await withTimeout(connecting, CONNECT_TIMEOUT_MS, 'the pub/sub', closeLate)
    return { connection: this.#connection, lost: lost.promise }
  }

  /** Publishes heartbeats until one does not return. This also detects half-open connections. */
  async #sendHeartbeats({ connection, lost }: OpenConnection): Promise<void> {
    const { signal } = this.#stopping
    while (!signal.aborted) {
      const sentAt = performance.now()
      await Promise.race([
        withTimeout(this.#heartbeat(connection), HEARTBEAT_INTERVAL_MS, 'a heartbeat of the pub/sub'),
        lost,
      ])
      this.#lagMs = performance.now() - sentAt
      this.#failures = 0
      this.#deps.onAvailable()
      const rest = sleep(HEARTBEAT_INTERVAL_MS, undefined, { ref: false, signal }).catch(() => undefined)
      await Promise.race([rest, lost])
    }
  }

  async #heartbeat(connection: PubSubConnection): Promise<void> {
    const returned = Promise.withResolvers<void>()
    this.#heartbeats += 1
    const sent = `${this.#id} ${this.#heartbeats}`
    this.#onHeartbeat = (heartbeat) => {
      if (heartbeat === sent) returned.resolve()
    }
    await Promise.all([connection.publish(heartbeatMessage(sent)), returned.promise])
  }

  #receive(text: string): void {
    const message = readMessage(text)
    if (message === undefined) return
    if ('heartbeat' in message) this.#onHeartbeat(message.heartbeat)
    else this.#deps.onInvalidate(message.target)
  }

  #fail(error: unknown): void {
    this.#failures += 1
    this.#lagMs = null
    this.#deps.onUnavailable(error)
  }

  async #disconnect(): Promise<void> {
    const connection = this.#connection
    this.#connection = undefined
    // The close of a half-open connection may never settle.
    await withTimeout(connection?.close(), CONNECT_TIMEOUT_MS, 'the pub/sub').catch(() => undefined)
  }

  #pause(): number {
    const longest = Math.min(LONGEST_PAUSE_MS, FIRST_PAUSE_MS * 2 ** Math.max(0, this.#failures - 1))
    return longest * (0.5 + Math.random() / 2)
  }
}
