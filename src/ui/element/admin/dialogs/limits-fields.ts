/** The fields for the limits of a token: the allowed addresses and the rate limit. */

import { css, html, nothing, type TemplateResult } from 'lit'
import type { Fault } from '../../fault.ts'
import type { AdminTexts } from '../admin-texts.ts'
import type { Limits, RateLimit } from '../admin-token.ts'

type FieldId = 'allowed-ips' | 'rate-max' | 'rate-window'

const NO_LIMITS: Limits = { allowed_ips: null, rate_limit: null }

/** In an error of the service: the field, the position in a list, and the member of an object. */
const NAMED = /^(?:body\/)?(allowed_ips|rate_limit)(?:\[(\d+)\])?(?:[./](\w+))?/

export class LimitsFields {
  #addresses = ''
  #max = ''
  #window = ''
  #faults: Partial<Record<FieldId, unknown>> = {}
  readonly #onChange: () => void

  constructor(onChange: () => void) {
    this.#onChange = onChange
  }

  fill({ allowed_ips: allowedIps, rate_limit: rateLimit }: Limits = NO_LIMITS): void {
    this.#faults = {}
    this.#fillAddresses(allowedIps)
    this.#fillRate(rateLimit)
  }

  /** An empty field removes a limit. The service refuses a list without an address, such as a single comma. */
  get values(): Limits {
    const { length } = this.#addresses.trim()
    const addresses = this.#addresses.split(/[\s,]+/).filter((address) => address !== '')
    const rate = { max: Number(this.#max), time_window: Number(this.#window) }
    return {
      allowed_ips: length === 0 ? null : addresses,
      rate_limit: this.#max === '' && this.#window === '' ? null : rate,
    }
  }

  /** The limits that differ from these. */
  changesOf(base: Limits): Partial<Limits> {
    const { allowed_ips: allowedIps, rate_limit: rateLimit } = this.values
    return {
      ...(!isSame(allowedIps, base.allowed_ips) && { allowed_ips: allowedIps }),
      ...(!isSame(rateLimit, base.rate_limit) && { rate_limit: rateLimit }),
    }
  }

  /**
   * Compares the fields with the present limits. A field that this administrator has not changed gets the present value.
   *
   * @returns Whether a changed field would replace another administrator's change. Then the field says so.
   */
  compare(base: Limits, present: Limits, texts: AdminTexts): boolean {
    const changes = this.changesOf(base)
    const isOvertaken = (name: keyof Limits) =>
      name in changes && !isSame(present[name], base[name]) && !isSame(present[name], changes[name])
    if (!('allowed_ips' in changes)) this.#fillAddresses(present.allowed_ips)
    if (!('rate_limit' in changes)) this.#fillRate(present.rate_limit)
    const say = (value: string | undefined) =>
      sayIsolated(texts, 'limitOvertaken', { value: value ?? texts.say('noLimit') })
    this.#faults = {
      ...(isOvertaken('allowed_ips') && { 'allowed-ips': say(present.allowed_ips?.join(', ')) }),
      ...(isOvertaken('rate_limit') && { 'rate-max': say(rateText(present.rate_limit, texts)) }),
    }
    this.#onChange()
    return Object.keys(this.#faults).length > 0
  }

  /** Says an error of the service at the field that it names. Returns whether there is one. */
  showFault({ kind, detail }: Fault, texts: AdminTexts): boolean {
    const [, limit, position, member] = NAMED.exec(kind === 'refused' ? detail : '') ?? []
    if (limit === undefined) return false
    const address = position && this.values.allowed_ips?.[Number(position)]
    const said = address
      ? sayIsolated(texts, 'addressRefused', { address, detail })
      : sayIsolated(texts, 'errorRefused', { detail })
    const rateField = member === 'time_window' ? 'rate-window' : 'rate-max'
    this.#faults = { [limit === 'allowed_ips' ? 'allowed-ips' : rateField]: said }
    this.#onChange()
    return true
  }

  clearFaults(): void {
    this.#faults = {}
    this.#onChange()
  }

  /** @param optional What labels say after the name of an optional field. */
  render(texts: AdminTexts, optional: unknown = nothing): TemplateResult {
    return html`<div class="field">
        <label for="allowed-ips">${texts.say('allowedIps')} ${optional}</label>
        <textarea
          id="allowed-ips"
          class="mono"
          rows="3"
          autocomplete="off"
          autocapitalize="off"
          spellcheck="false"
          translate="no"
          aria-describedby="allowed-ips-hint allowed-ips-fault"
          aria-invalid=${this.#faults['allowed-ips'] ? 'true' : nothing}
          .value=${this.#addresses}
          @input=${(event: Event) => {
            this.#addresses = textOf(event)
          }}
        ></textarea>
        <p class="muted" id="allowed-ips-hint">${texts.say('allowedIpsHint')}</p>
        ${this.#fault('allowed-ips')}
      </div>
      <fieldset class="rate" aria-describedby="rate-hint">
        <legend>${texts.say('rateLimit')} ${optional}</legend>
        <div class="pair">
          ${this.#number('rate-max', texts.say('rateMax'), this.#max, this.#window !== '', (value) => {
            this.#max = value
          })}
          ${this.#number('rate-window', texts.say('rateWindow'), this.#window, this.#max !== '', (value) => {
            this.#window = value
          })}
        </div>
        <p class="muted" id="rate-hint">${texts.say('rateLimitHint')}</p>
      </fieldset>`
  }

  /** Both numbers, or none. */
  #number(id: FieldId, label: string, value: string, required: boolean, onInput: (value: string) => void) {
    return html`<div class="field">
      <label for=${id}>${label}</label>
      <input
        id=${id}
        inputmode="numeric"
        pattern="[0-9]+"
        autocomplete="off"
        ?required=${required}
        aria-describedby=${`${id}-fault`}
        aria-invalid=${this.#faults[id] ? 'true' : nothing}
        .value=${value}
        @input=${(event: Event) => {
          onInput(textOf(event).trim())
          this.#onChange()
        }}
      />
      ${this.#fault(id)}
    </div>`
  }

  #fault(id: FieldId): TemplateResult {
    return html`<div class="field-fault foreign" id=${`${id}-fault`} role="alert">${this.#faults[id] ?? nothing}</div>`
  }

  #fillAddresses(addresses: readonly string[] | null): void {
    this.#addresses = addresses?.join('\n') ?? ''
  }

  #fillRate(rate: RateLimit | null): void {
    this.#max = rate === null ? '' : String(rate.max)
    this.#window = rate === null ? '' : String(rate.time_window)
  }
}

export function rateText(rate: RateLimit | null, texts: AdminTexts): string | undefined {
  return rate === null
    ? undefined
    : texts.say('rateLimitText', { count: rate.max, seconds: rate.time_window })
}

/** Moves focus to the first field with an error. */
export function focusFault(root: ParentNode): void {
  root.querySelector<HTMLElement>('[aria-invalid="true"]')?.focus()
}

/** The service keeps the order of the addresses. */
function isSame(one: unknown, other: unknown): boolean {
  return JSON.stringify(one) === JSON.stringify(other)
}

function textOf({ target }: Event): string {
  return (target as HTMLInputElement | HTMLTextAreaElement).value
}

/** The pieces of others are isolated in their text direction. */
function sayIsolated(
  texts: AdminTexts,
  name: 'addressRefused' | 'errorRefused' | 'limitOvertaken',
  params: Readonly<Record<string, string>>,
): unknown {
  return texts.parts<string | TemplateResult>(name, params, (value) => html`<bdi>${value}</bdi>`)
}

export const limitsFieldsStyles = css`
  .rate {
    display: grid;
    gap: 0.375rem;
  }

  .pair {
    display: grid;
    grid-template-columns: repeat(auto-fit, minmax(min(11rem, 100%), 1fr));
    gap: 0.625rem;
    align-items: start;
  }

  .pair label {
    font-weight: 400;
  }

  .field-fault {
    color: var(--_danger);
    font-size: 0.875rem;
  }

  :is(input, textarea)[aria-invalid='true'] {
    border-color: var(--_danger);
  }
`
