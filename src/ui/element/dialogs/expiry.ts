/** The field for the expiry of a new token, within the limits of the host. */

import { html, nothing, type TemplateResult } from 'lit'
import type { Texts } from '../texts.ts'
import type { ExpiryLimits } from '../token.ts'

const MINUTE_SECONDS = 60
const HOUR_SECONDS = 3_600
const DAY_SECONDS = 86_400
const YEAR_DAYS = 365
const LIFETIMES = [7, 30, 90, YEAR_DAYS].map((days) => days * DAY_SECONDS)

/** `''` means never, a number is seconds, `date` refers to the date field. */
export interface Expiry {
  readonly choice: string
  /** `2026-01-31`, in the user's time zone. */
  readonly date: string
}

export const NEVER: Expiry = { choice: '', date: '' }

/** The initial value: the default of the host. */
export function defaultExpiry({ default: seconds }: ExpiryLimits): Expiry {
  return seconds === null ? NEVER : { choice: String(seconds), date: '' }
}

/** The lifetime in seconds, or `null` for never. A date includes its whole day. */
export function expiresIn({ choice, date }: Expiry, { minimum }: ExpiryLimits, now: number): number | null {
  if (choice === '') return null
  if (choice !== 'date') return Number(choice)
  const end = new Date(`${date}T00:00:00`)
  end.setDate(end.getDate() + 1)
  // The dialog may have been open for some time.
  return Math.max(minimum, Math.floor((end.getTime() - now) / 1000))
}

export interface ExpiryField {
  readonly expiry: Expiry
  readonly limits: ExpiryLimits
  readonly texts: Texts
  readonly now: number
  readonly onChange: (expiry: Expiry) => void
}

export function expiryField({ expiry, limits, texts, now, onChange }: ExpiryField): TemplateResult {
  const choose = (event: Event) => onChange({ ...expiry, choice: (event.target as HTMLSelectElement).value })
  const pick = (event: Event) => onChange({ ...expiry, date: (event.target as HTMLInputElement).value })
  const option = (value: string, label: string) =>
    html`<option value=${value} ?selected=${expiry.choice === value}>${label}</option>`
  const days = daysWithin(limits, now)
  return html`<div class="field">
      <label for="expiry">${texts.say('expiry')}</label>
      <select id="expiry" name="expiry" aria-describedby="expiry-hint" @change=${choose}>
        ${limits.maximum === null ? option('', texts.say('expiryNever')) : nothing}
        ${lifetimesWithin(limits).map((seconds) => option(String(seconds), lifetimeText(seconds, texts)))}
        ${days === undefined ? nothing : option('date', texts.say('expiryDate'))}
      </select>
      <p class="muted" id="expiry-hint">${texts.say('expiryHint')}</p>
    </div>
    ${
      expiry.choice === 'date'
        ? html`<div class="field">
            <label for="expiry-date">${texts.say('expiryDateLabel')}</label>
            <input
              id="expiry-date"
              type="date"
              required
              min=${days?.first ?? nothing}
              max=${days?.last ?? nothing}
              .value=${expiry.date}
              @change=${pick}
            />
          </div>`
        : nothing
    }`
}

/** Adds the default of the host to the choices. It replaces a choice that differs by less than a day. */
function lifetimesWithin({ default: usual, minimum, maximum }: ExpiryLimits): readonly number[] {
  const within = LIFETIMES.filter((seconds) => seconds >= minimum && seconds <= (maximum ?? Infinity))
  if (usual === null) return within
  return [...within.filter((seconds) => Math.abs(seconds - usual) >= DAY_SECONDS), usual].sort(
    (a, b) => a - b,
  )
}

/** The first and last day whose end is within the limits; `undefined` if it does not exist. */
function daysWithin({ minimum, maximum }: ExpiryLimits, now: number) {
  const first = localDay(now + minimum * 1000)
  if (maximum === null) return { first, last: undefined }
  const end = new Date(now + maximum * 1000)
  end.setDate(end.getDate() - 1)
  const last = localDay(end.getTime())
  return first <= last ? { first, last } : undefined
}

function lifetimeText(seconds: number, texts: Texts): string {
  const days = Math.round(seconds / DAY_SECONDS)
  if (days === YEAR_DAYS) return texts.ahead(1, 'year')
  if (seconds >= 2 * DAY_SECONDS || seconds === DAY_SECONDS) return texts.ahead(days, 'day')
  if (seconds >= HOUR_SECONDS) return texts.ahead(Math.round(seconds / HOUR_SECONDS), 'hour')
  return texts.ahead(Math.ceil(seconds / MINUTE_SECONDS), 'minute')
}

function localDay(time: number): string {
  const day = new Date(time)
  const two = (part: number) => String(part).padStart(2, '0')
  return `${day.getFullYear()}-${two(day.getMonth() + 1)}-${two(day.getDate())}`
}
