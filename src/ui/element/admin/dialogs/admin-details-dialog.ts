/** The details of any owner's token, with what administrators set. */

import { css, html } from 'lit'
import { DetailsDialog, type TokenActions } from '../../dialogs/details-dialog.ts'
import type { AdminTexts } from '../admin-texts.ts'
import type { AdminToken } from '../admin-token.ts'
import { rateText } from './limits-fields.ts'

export interface AdminTokenActions extends TokenActions {
  readonly onLimits: (token: AdminToken) => void
}

export class AdminDetailsDialog extends DetailsDialog {
  static override styles = [
    ...DetailsDialog.styles,
    css`
      pre {
        max-height: 12rem;
        margin: 0;
        overflow: auto;
        font: 0.8125rem / 1.5 var(--_mono);
        white-space: pre-wrap;
        overflow-wrap: anywhere;
      }
    `,
  ]

  declare texts: AdminTexts
  declare token: AdminToken | null | undefined
  declare actions: AdminTokenActions

  /** Sets focus if the element with focus has disappeared. */
  async recoverFocus(): Promise<void> {
    await this.updateComplete
    if (this.shadowRoot?.activeElement !== null) return
    this.renderRoot.querySelector<HTMLElement>(this.firstFocus)?.focus()
  }

  protected override facts(token: AdminToken, now: number): (readonly [string, unknown])[] {
    const { texts } = this
    const { metadata, allowed_ips: allowedIps, rate_limit: rateLimit } = token
    return [
      [texts.say('owner'), token.user_id],
      ...super.facts(token, now),
      [
        texts.say('allowedIps'),
        allowedIps && html`<ul>${allowedIps.map((range) => html`<li class="mono">${range}</li>`)}</ul>`,
      ],
      [texts.say('rateLimit'), rateText(rateLimit, texts)],
      // Data for programs, shown as it is.
      [
        texts.say('metadata'),
        metadata && html`<pre dir="ltr" tabindex="0">${JSON.stringify(metadata, null, 2)}</pre>`,
      ],
    ]
  }

  protected override changes(token: AdminToken): unknown {
    const { texts, locked, actions } = this
    return html`<div class="buttons">
      <button type="button" data-action="limits" ?disabled=${locked} @click=${() => actions.onLimits(token)}>
        ${texts.say('changeLimits')}
      </button>
    </div>`
  }

  protected override creator({ created_by: { kind, id }, user_id: owner }: AdminToken): string | null {
    if (kind === 'admin') return this.texts.say('createdByAdmin', { name: id ?? '' })
    return kind === 'code' && id === null ? this.texts.say('createdByCode') : id === owner ? null : id
  }
}
