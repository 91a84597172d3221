/**
 * The interface of a pub/sub that is faster than polling the store: PostgreSQL's NOTIFY, Redis. It delivers short texts
 * to all connected instances, including the sender, and may lose messages.
 */

export interface PubSub {
  /** For the log and `stats()`. */
  readonly name: string
  /** `true` when the store publishes in the transaction of the change; `false` when the instance publishes after it. */
  readonly publishedByStore: boolean

  /**
   * Connects and subscribes. When it rejects, the caller tries again after a growing pause.
   *
   * @throws {InvalidOption} When a retry cannot help, such as without a needed package. This fails the boot.
   */
  connect(events: PubSubEvents): Promise<PubSubConnection>
}

export interface PubSubEvents {
  /** Called for each text that is received. */
  message(text: string): void
  /** Called when the connection is lost. */
  lost(cause: Error): void
}

export interface PubSubConnection {
  /** Publishes to all connected instances, including this one. */
  publish(text: string): Promise<void>
  close(): Promise<void>
}
