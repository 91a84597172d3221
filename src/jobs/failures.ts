/** Reports a lasting failure once and its end once, although the job is retried many times. */

export interface FailureEvents {
  failed(error: unknown): void
  /** The job succeeds again. */
  recovered(): void
}

/** Maximum number of different messages to report for one outage. */
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

/** A host may throw anything, even a value that cannot be converted to a text. */
function messageOf(thrown: unknown): string {
  try {
    return String(thrown instanceof Error ? thrown.message : thrown)
  } catch {
    return 'an error without a message'
  }
}
