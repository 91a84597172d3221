/** The details of any owner's token, with what administrators set. */

import { css, html } from 'lit'
import { DetailsDialog } from '../../dialogs/details-dialog.ts'
import type { AdminTexts } from '../admin-texts.ts'
import type { AdminToken } from '../admin-token.ts'

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
      [
        texts.say('rateLimit'),
        rateLimit && texts.say('rateLimitText', { count: rateLimit.max, seconds: rateLimit.time_window }),
      ],
      // Data for programs, shown as it is.
      [
        texts.say('metadata'),
        metadata && html`<pre dir="ltr" tabindex="0">${JSON.stringify(metadata, null, 2)}</pre>`,
      ],
    ]
  }

  protected override creator({ created_by: { kind, id }, user_id: owner }: AdminToken): string | null {
    if (kind === 'admin') return this.texts.say('createdByAdmin', { name: id ?? '' })
    return kind === 'code' && id === null ? this.texts.say('createdByCode') : id === owner ? null : id
  }
}
