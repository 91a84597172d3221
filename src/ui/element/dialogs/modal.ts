/** The base class of all dialogs: opens, resolves with a result, and restores focus. */

import {
  html,
  LitElement,
  nothing,
  type PropertyDeclarations,
  type PropertyValues,
  type TemplateResult,
} from 'lit'
import { Fault, sayFault } from '../fault.ts'
import { controls } from '../styles/controls.ts'
import { dialogs } from '../styles/dialogs.ts'
import { forcedColors } from '../styles/forced-colors.ts'
import * as icons from '../styles/icons.ts'
import { theme } from '../styles/theme.ts'
import type { Texts } from '../texts.ts'
import type { TokenClient } from '../token-client.ts'

/** @typeParam Client What calls the service. */
export abstract class Modal<Result, Client = TokenClient> extends LitElement {
  static override styles = [theme, controls, forcedColors, dialogs]
  static override properties: PropertyDeclarations = {
    texts: { attribute: false },
    client: { attribute: false },
    opened: { state: true },
    busy: { state: true },
    fault: { state: true },
  }

  declare texts: Texts
  declare client: Client
  /** A closed dialog renders nothing, so that its content is no longer in the document. */
  declare protected opened: boolean
  declare protected busy: boolean
  /** The error message. */
  declare protected fault: string
  #resolve: ((result: Result | null) => void) | undefined
  #returnTo: HTMLElement | null = null

  constructor() {
    super()
    this.opened = false
    this.busy = false
    this.fault = ''
  }

  protected abstract heading(): unknown
  protected abstract content(): TemplateResult

  /** The element with the initial focus: the first field or the safest button. */
  protected readonly firstFocus: string = '[autofocus]'
  protected readonly side: boolean = false

  /** Opens the dialog. Resolves with its result when it closes, or `null` without a result. */
  protected async open(): Promise<Result | null> {
    this.#returnTo = deepestFocus()
    this.fault = ''
    this.busy = false
    this.opened = true
    await this.updateComplete
    this.dialog?.showModal()
    this.renderRoot.querySelector<HTMLElement>(this.firstFocus)?.focus()
    return new Promise((resolve) => {
      this.#resolve = resolve
    })
  }

  protected finish(result: Result | null): void {
    if (!this.opened) return
    this.dialog?.close()
    this.opened = false
    if (this.#returnTo?.isConnected) this.#returnTo.focus()
    this.#resolve?.(result)
    this.#resolve = undefined
  }

  /** Called on Escape, a click outside and the close button. */
  leave(): void {
    // A request in flight may still return a credential.
    if (!this.busy) this.finish(null)
  }

  /** Runs a change. If it fails, the dialog stays open and shows the error. */
  protected async attempt(change: () => Promise<void>, sayOtherwise?: (fault: Fault) => string | undefined) {
    if (this.busy) return
    this.busy = true
    this.fault = ''
    try {
      await change()
    } catch (error) {
      if (!(error instanceof Fault)) throw error
      this.fault = sayOtherwise?.(error) ?? sayFault(error, this.texts)
    } finally {
      this.busy = false
    }
  }

  protected get dialog(): HTMLDialogElement | null {
    return this.renderRoot.querySelector('dialog')
  }

  override render(): unknown {
    if (!this.opened) return nothing
    return html`<dialog
      class=${this.side ? 'side' : ''}
      aria-labelledby="title"
      closedby="none"
      @keydown=${this.#onKey}
      @cancel=${this.#onCancel}
      @pointerdown=${this.#onPointer}
    >
      <div class="frame">
        <div class="head">
          <h2 id="title">${this.heading()}</h2>
          <button
            type="button"
            class="quiet icon-only"
            data-action="close"
            aria-label=${this.texts.say('close')}
            @click=${() => this.leave()}
          >
            ${icons.cross}
          </button>
        </div>
        ${this.content()}
      </div>
    </dialog>`
  }

  /** Renders the error, also for screen readers. */
  protected faultNotice(): TemplateResult {
    return html`<div role="alert">
      ${this.fault === '' ? nothing : html`<p class="notice error"><span>${this.fault}</span></p>`}
    </div>`
  }

  protected override updated(changed: PropertyValues): void {
    super.updated(changed)
    this.toggleAttribute('open', this.opened)
  }

  /** Stops the key itself, because browsers close a dialog on a second Escape even if `cancel` was prevented. */
  #onKey(event: KeyboardEvent): void {
    if (event.key !== 'Escape' || event.isComposing) return
    event.preventDefault()
    event.stopPropagation()
    this.leave()
  }

  #onCancel(event: Event): void {
    event.preventDefault()
    this.leave()
  }

  /** `pointerdown`, not `click`: selecting text and releasing the button outside is not a click outside. */
  #onPointer(event: PointerEvent): void {
    if (event.target !== this.dialog || this.dialog === null) return
    const { left, right, top, bottom } = this.dialog.getBoundingClientRect()
    const inside =
      event.clientX >= left && event.clientX <= right && event.clientY >= top && event.clientY <= bottom
    if (!inside) this.leave()
  }
}

function deepestFocus(): HTMLElement | null {
  let focused = document.activeElement
  while (focused?.shadowRoot?.activeElement) focused = focused.shadowRoot.activeElement
  return focused instanceof HTMLElement ? focused : null
}
