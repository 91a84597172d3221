/** The field for the reason of a revocation. */

import { html, type TemplateResult } from 'lit'
import type { AdminTexts } from '../admin-texts.ts'
import { REASONS, type Reason } from '../admin-token.ts'

const NAMES = {
  leaked: 'reasonLeaked',
  unused: 'reasonUnused',
  replaced: 'reasonReplaced',
  other: 'reasonOther',
} as const satisfies Record<Reason, unknown>

export function reasonField(
  reason: Reason | undefined,
  texts: AdminTexts,
  onChange: (reason: Reason | undefined) => void,
): TemplateResult {
  const choose = (event: Event) => {
    const { value } = event.target as HTMLSelectElement
    onChange(REASONS.find((known) => known === value))
  }
  return html`<div class="field">
    <label for="reason">${texts.say('reason')}</label>
    <select id="reason" name="reason" @change=${choose}>
      <option value="" .selected=${reason === undefined}>${texts.say('reasonNone')}</option>
      ${REASONS.map((known) => html`<option value=${known} .selected=${known === reason}>${texts.say(NAMES[known])}</option>`)}
    </select>
  </div>`
}
