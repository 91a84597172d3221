/** Reports a failure that lasts once, and its end once, however often the work is tried meanwhile. */

export interface FailureEvents {
  failed(error: unknown): void
  /** The work succeeds again. */
  recovered(): void
}

/** Different messages that are reported of one outage: the first is what began it, others may say why it lasts. */
const MAX_REPORTS = 5

export class Failures {
  readonly #events: FailureEvents
  readonly #reported = new Set<string>()

  constructor(events: FailureEvents) {
    this.#events = events
  }

  /** Reports an error whose message has not been reported since the work last succeeded. */
  failed(error: unknown): void {
    const message = messageOf(error)
    if (this.#reported.has(message) || this.#reported.size >= MAX_REPORTS) return
    this.#reported.add(message)
    this.#events.failed(error)
  }

  succeeded(): void {
    if (this.#reported.size === 0) return
    this.#reported.clear()
    this.#events.recovered()
  }
}

/** What a host throws may be anything, also what has no form as a text. */
function messageOf(thrown: unknown): string {
  try {
    return String(thrown instanceof Error ? thrown.message : thrown)
  } catch {
    return 'no text'
  }
}
