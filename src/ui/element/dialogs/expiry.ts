/** When a new token expires: never, unless its owner wants it to. */

import { html, nothing, type TemplateResult } from 'lit'
import type { Texts } from '../texts.ts'

const DAY_SECONDS = 86_400
const DAYS = [7, 30, 90]
const YEAR_DAYS = 365

/** `''` is never, a number is days, `date` is the day beside it. */
export interface Expiry {
  readonly choice: string
  /** `2026-01-31`, in the person's own time zone. */
  readonly date: string
}

export const NEVER: Expiry = { choice: '', date: '' }

/** The lifetime in seconds, or `undefined` for none. A day chosen by date is counted to its end. */
export function expiresIn({ choice, date }: Expiry, now: number): number | undefined {
  if (choice === '') return undefined
  if (choice !== 'date') return Number(choice) * DAY_SECONDS
  const end = new Date(`${date}T00:00:00`)
  end.setDate(end.getDate() + 1)
  return Math.max(1, Math.floor((end.getTime() - now) / 1000))
}

export function expiryField(
  expiry: Expiry,
  texts: Texts,
  onChange: (expiry: Expiry) => void,
): TemplateResult {
  const choose = (event: Event) => onChange({ ...expiry, choice: (event.target as HTMLSelectElement).value })
  const pick = (event: Event) => onChange({ ...expiry, date: (event.target as HTMLInputElement).value })
  return html`<div class="field">
      <label for="expiry">${texts.say('expiry')}</label>
      <select id="expiry" name="expiry" aria-describedby="expiry-hint" @change=${choose}>
        <option value="" ?selected=${expiry.choice === ''}>${texts.say('expiryNever')}</option>
        ${DAYS.map((days) => html`<option value=${days}>${texts.say('expiryDays', { count: days })}</option>`)}
        <option value=${YEAR_DAYS}>${texts.say('expiryYear')}</option>
        <option value="date">${texts.say('expiryDate')}</option>
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
              min=${localDay(Date.now())}
              .value=${expiry.date}
              @change=${pick}
            />
          </div>`
        : nothing
    }`
}

function localDay(time: number): string {
  const day = new Date(time)
  const two = (part: number) => String(part).padStart(2, '0')
  return `${day.getFullYear()}-${two(day.getMonth() + 1)}-${two(day.getDate())}`
}
