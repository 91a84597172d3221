/** Lets several applications of a process use one store: the first opens it, the last closes it. It can be reopened. */

export interface SharedOpeningDeps {
  open(): Promise<void>
  /** Also called after a failed `open`. */
  close(): Promise<void>
}

export class SharedOpening {
  readonly #deps: SharedOpeningDeps
  #users = 0
  #last: Promise<void> = Promise.resolve()

  constructor(deps: SharedOpeningDeps) {
    this.#deps = deps
  }

  /** @throws The error of `open`. Nothing stays open then. */
  begin(): Promise<void> {
    return this.#inTurn(async () => {
      if (this.#users === 0) await this.#open()
      this.#users += 1
    })
  }

  /** Also closes a store that was used without `open`. */
  end(): Promise<void> {
    return this.#inTurn(async () => {
      this.#users = Math.max(0, this.#users - 1)
      if (this.#users === 0) await this.#deps.close()
    })
  }

  async #open(): Promise<void> {
    try {
      await this.#deps.open()
    } catch (error) {
      await this.#deps.close().catch(() => undefined)
      throw error
    }
  }

  /** One application may start while another closes. */
  #inTurn(work: () => Promise<void>): Promise<void> {
    const done = this.#last.then(work)
    this.#last = done.catch(() => undefined)
    return done
  }
}
