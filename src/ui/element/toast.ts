/** Shows a message for a few seconds. */

import { html, nothing } from 'lit'

const SHOWN_MS = 8_000

export class Toast {
  readonly #onChange: () => void
  #content: unknown
  #error = false
  #timer: ReturnType<typeof setTimeout> | undefined

  constructor(onChange: () => void) {
    this.#onChange = onChange
  }

  show(content: unknown, { error = false } = {}): void {
    this.#content = content
    this.#error = error
    this.#onChange()
    clearTimeout(this.#timer)
    this.#timer = setTimeout(() => {
      this.#content = undefined
      this.#onChange()
    }, SHOWN_MS)
  }

  stop(): void {
    clearTimeout(this.#timer)
  }

  /** The live region is always rendered: screen readers read only changes of an existing region. */
  render(): unknown {
    return html`<div class="toasts" role="status">
      ${this.#content === undefined ? nothing : html`<p class="toast ${this.#error ? 'error' : ''}">${this.#content}</p>`}
    </div>`
  }
}
