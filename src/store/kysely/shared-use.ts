/** Lets several applications of a process use one store: the first opens it, the last closes it, and it can be opened again. */

export interface SharedUseDeps {
  open(): Promise<void>
  /** Also called after an `open` that failed. */
  close(): Promise<void>
}

export class SharedUse {
  readonly #parts: SharedUseDeps
  #users = 0
  #last: Promise<void> = Promise.resolve()

  constructor(parts: SharedUseDeps) {
    this.#parts = parts
  }

  /** @throws The error of `open`: then nothing stays open. */
  begin(): Promise<void> {
    return this.#inTurn(async () => {
      if (this.#users === 0) await this.#open()
      this.#users += 1
    })
  }

  /** One that began twice ends twice. Without a user it closes what a host may have used before it was opened. */
  end(): Promise<void> {
    return this.#inTurn(async () => {
      this.#users = Math.max(0, this.#users - 1)
      if (this.#users === 0) await this.#parts.close()
    })
  }

  async #open(): Promise<void> {
    try {
      await this.#parts.open()
    } catch (error) {
      await this.#parts.close().catch(() => undefined)
      throw error
    }
  }

  /** An application may start while another closes. */
  #inTurn(work: () => Promise<void>): Promise<void> {
    const done = this.#last.then(work)
    this.#last = done.catch(() => undefined)
    return done
  }
}
