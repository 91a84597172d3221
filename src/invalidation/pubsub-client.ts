/** Keeps a carrier connected, and knows by heartbeats of its own whether what is sent arrives. */

import { randomUUID } from 'node:crypto'
import { setTimeout as sleep } from 'node:timers/promises'
import { InvalidOption } from '../errors.ts'
import type { InvalidationTarget } from '../store/change-feed.ts'
import type { PubSub, PubSubConnection } from '../store/pubsub.ts'
import { withTimeout } from '../with-timeout.ts'
import { heartbeatMessage, invalidationMessage, readMessage } from './message.ts'

export interface PubSubClientDeps {
  readonly carrier: PubSub
  hear(subject: InvalidationTarget): void
  /** Heartbeats return. What was sent before the first of them may have been missed. */
  onAvailable(): void
  onUnavailable(error: unknown): void
}

/** How often a heartbeat is sent, and how long it may take to return: one that does not means out of reach. */
export const BEAT_INTERVAL_MS = 1_000
/** How long connecting may take. */
const CONNECT_TIMEOUT_MS = 2_000
/** Between attempts to connect: twice as long each time, and never the same for two instances. */
const FIRST_PAUSE_MS = 100
const LONGEST_PAUSE_MS = 5_000

interface Link {
  readonly connection: PubSubConnection
  /** Rejects when the connection is lost. */
  readonly lost: Promise<never>
}

export class PubSubClient {
  readonly #parts: PubSubClientDeps
  readonly #id = randomUUID()
  readonly #stopping = new AbortController()
  #running: Promise<void> = Promise.resolve()
  #connection: PubSubConnection | undefined
  #beats = 0
  #onBeat: (beat: string) => void = () => undefined
  #failures = 0
  #lagMs: number | null = null

  constructor(parts: PubSubClientDeps) {
    this.#parts = parts
  }

  /** How long the last heartbeat was under way, in milliseconds. */
  get lagMs(): number | null {
    return this.#lagMs
  }

  /**
   * Connects, and goes on by itself; a carrier that cannot be reached is tried again in the background.
   *
   * @throws {InvalidOption} For what trying again cannot mend.
   */
  async start(): Promise<void> {
    const first = await this.#connect().catch((error: unknown) => {
      if (error instanceof InvalidOption) throw error
      this.#miss(error)
      return undefined
    })
    this.#running = this.#run(first)
  }

  /** Sends without waiting: what gets lost, the store's feed tells. */
  tell(subject: InvalidationTarget): void {
    if (this.#parts.carrier.sentByStore) return
    this.#connection?.send(invalidationMessage(subject)).catch(() => undefined)
  }

  async stop(): Promise<void> {
    this.#stopping.abort()
    await this.#running
  }

  async #run(first: Link | undefined): Promise<void> {
    const { signal } = this.#stopping
    for (let link = first; !signal.aborted; link = undefined) {
      try {
        await this.#beatOn(link ?? (await this.#connect()))
      } catch (error) {
        if (!signal.aborted) this.#miss(error)
      } finally {
        await this.#disconnect()
      }
      await sleep(this.#pause(), undefined, { ref: false, signal }).catch(() => undefined)
    }
  }

  async #connect(): Promise<Link> {
    const lost = Promise.withResolvers<never>()
    lost.promise.catch(() => undefined)
    const connecting = this.#parts.carrier.connect({
      message: (text) => this.#take(text),
      lost: (cause) => lost.reject(cause),
    })
    try {
      this.#connection = await withTimeout(connecting, CONNECT_TIMEOUT_MS, 'the carrier')
      return { connection: this.#connection, lost: lost.promise }
    } catch (error) {
      // One that is made after all is nobody's.
      connecting.then((late) => late.close()).catch(() => undefined)
      throw error
    }
  }

  /** Sends heartbeats on a connection until one does not return, which is also what a half-open one looks like. */
  async #beatOn({ connection, lost }: Link): Promise<void> {
    const { signal } = this.#stopping
    while (!signal.aborted) {
      const sentAt = performance.now()
      await Promise.race([withTimeout(this.#beat(connection), BEAT_INTERVAL_MS, 'a heartbeat'), lost])
      this.#lagMs = performance.now() - sentAt
      this.#failures = 0
      this.#parts.onAvailable()
      const rest = sleep(BEAT_INTERVAL_MS, undefined, { ref: false, signal }).catch(() => undefined)
      await Promise.race([rest, lost])
    }
  }

  async #beat(connection: PubSubConnection): Promise<void> {
    const returned = Promise.withResolvers<void>()
    this.#beats += 1
    const sent = `${this.#id} ${this.#beats}`
    this.#onBeat = (beat) => {
      if (beat === sent) returned.resolve()
    }
    await Promise.all([connection.send(heartbeatMessage(sent)), returned.promise])
  }

  #take(text: string): void {
    const message = readMessage(text)
    if (message === undefined) return
    if ('beat' in message) this.#onBeat(message.beat)
    else this.#parts.hear(message.subject)
  }

  #miss(error: unknown): void {
    this.#failures += 1
    this.#lagMs = null
    this.#parts.onUnavailable(error)
  }

  async #disconnect(): Promise<void> {
    const connection = this.#connection
    this.#connection = undefined
    // A connection that is silent does not answer its end either.
    await withTimeout(connection?.close(), CONNECT_TIMEOUT_MS, 'the carrier').catch(() => undefined)
  }

  #pause(): number {
    const longest = Math.min(LONGEST_PAUSE_MS, FIRST_PAUSE_MS * 2 ** Math.max(0, this.#failures - 1))
    return longest * (0.5 + Math.random() / 2)
  }
}
