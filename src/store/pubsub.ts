/**
 * The port of a messenger between instances that is quicker than the store's feed: PostgreSQL's NOTIFY, Redis. It
 * carries short texts to everyone who is connected, the sender included, and may lose some.
 */

export interface PubSub {
  /** For the log and for `stats()`. */
  readonly name: string
  /** Whether the store sends of itself, in the transaction that changes a row. Otherwise the instance does, after it. */
  readonly sentByStore: boolean

  /**
   * Connects and listens. Rejects when that cannot be; it is tried again then, later and later.
   *
   * @throws {InvalidOption} What trying again cannot mend, such as a missing package: it fails the boot.
   */
  connect(events: PubSubEvents): Promise<PubSubConnection>
}

export interface PubSubEvents {
  /** A text has come. */
  message(text: string): void
  /** The connection is gone. */
  lost(cause: Error): void
}

export interface PubSubConnection {
  /** Sends to everyone who is connected, also to this connection itself. */
  send(text: string): Promise<void>
  close(): Promise<void>
}
