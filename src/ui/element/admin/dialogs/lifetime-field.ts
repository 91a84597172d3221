/** The field for the lifetime of a token that an administrator issues. The service checks it against its limits. */

import { html, nothing, type TemplateResult } from 'lit'
import { DAY_MS } from '../../../../utc-day.ts'
import type { AdminTexts } from '../admin-texts.ts'

const DAYS = [30, 90, 365]
const DAY_SECONDS = 86_400

/** @param lifetime `''` is the default of the service, a number is days. */
export function lifetimeField(
  lifetime: string,
  texts: AdminTexts,
  onChange: (lifetime: string) => void,
): TemplateResult {
  const choose = (event: Event) => onChange((event.target as HTMLSelectElement).value)
  const option = (value: string, label: string) =>
    html`<option value=${value} .selected=${lifetime === value}>${label}</option>`
  return html`<div class="field">
      <label for="lifetime">${texts.say('expiry')}</label>
      <select id="lifetime" name="lifetime" @change=${choose}>
        ${option('', texts.say('expiryDefault'))}
        ${DAYS.map((days) => option(String(days), days === 365 ? texts.ahead(1, 'year') : texts.ahead(days, 'day')))}
        ${option('date', texts.say('expiryDate'))} ${option('never', texts.say('expiryNever'))}
      </select>
    </div>
    ${
      lifetime === 'date'
        ? html`<div class="field">
            <label for="lifetime-date">${texts.say('expiryDateLabel')}</label>
            <input id="lifetime-date" name="lifetime_date" type="date" required min=${localDay(Date.now())} />
          </div>`
        : nothing
    }`
}

/** `undefined` for the default of the service, `null` for never. A date includes its whole day. */
export function secondsOf(lifetime: string, date: string, now: number): number | null | undefined {
  if (lifetime === '') return undefined
  if (lifetime === 'never') return null
  if (lifetime !== 'date') return Number(lifetime) * DAY_SECONDS
  const end = new Date(`${date}T00:00:00`)
  end.setDate(end.getDate() + 1)
  return Math.floor((end.getTime() - now) / 1000)
}

function localDay(time: number): string {
  return new Date(time - new Date(time).getTimezoneOffset() * (DAY_MS / 1440)).toISOString().slice(0, 10)
}
