/** The owner whose tokens are listed: its status, and what an administrator can do with it. */

import { css, html, type TemplateResult } from 'lit'
import { Fault } from '../fault.ts'
import { sentence } from '../token-fields/foreign-text.ts'
import type { AdminListing } from './admin-listing.ts'
import type { AdminPlace } from './admin-place.ts'
import type { AdminTexts } from './admin-texts.ts'
import type { OwnerStatus } from './admin-token.ts'
import type { OwnerAction } from './dialogs/owner-dialog.ts'
import { inPageLink } from './in-page-link.ts'

export interface OwnerPanel {
  readonly listing: AdminListing
  readonly texts: AdminTexts
  readonly locked: boolean
  readonly onAction: (action: OwnerAction) => void
  readonly onGo: (change: Partial<AdminPlace>) => void
}

const STATUS_NAMES = {
  active: ['ownerActive', 'ownerActiveText'],
  inactive: ['ownerInactive', 'ownerInactiveText'],
  removed: ['ownerRemoved', 'ownerRemovedText'],
} as const satisfies Record<OwnerStatus, unknown>

const ACTIONS: Readonly<Record<OwnerStatus, readonly OwnerAction[]>> = {
  active: ['revokeAll', 'deactivate', 'remove'],
  inactive: ['reactivate', 'revokeAll', 'remove'],
  removed: ['reactivate'],
}

export function ownerPanel({ listing, texts, locked, onAction, onGo }: OwnerPanel): TemplateResult {
  const { owner, place } = listing
  const name = place.user_id
  return html`<section class="owner" aria-labelledby="owner-title">
    <div class="about">
      <h2 id="owner-title" tabindex="-1">${sentence(texts, 'ownerTitle', { name })}</h2>
      ${standing(owner, texts)}
      <p>
        ${inPageLink({
          ...{ change: { created_by: name }, action: 'created-by', onGo },
          content: sentence(texts, 'ownerCreatedLink', { name }),
        })}
      </p>
    </div>
    <div class="buttons">
      ${actionsOf(owner).map(
        (action) => html`<button
          type="button"
          class=${action === 'reactivate' ? '' : 'danger'}
          data-action=${action}
          aria-disabled=${locked}
          @click=${() => locked || onAction(action)}
        >
          ${texts.say(action)}
        </button>`,
      )}
    </div>
  </section>`
}

/** An owner without a token so far can be refused in advance. */
function actionsOf(owner: AdminListing['owner']): readonly OwnerAction[] {
  if (owner === null || owner instanceof Fault) return []
  return owner === undefined ? ['deactivate', 'remove'] : ACTIONS[owner.status]
}

function standing(owner: AdminListing['owner'], texts: AdminTexts): unknown {
  if (owner === null) return html`<p class="muted" aria-busy="true">…</p>`
  if (owner === undefined) return html`<p class="muted">${texts.say('ownerUnknownText')}</p>`
  if (owner instanceof Fault) return html`<p class="warning-text">${texts.say('ownerFailed')}</p>`
  const [name, text] = STATUS_NAMES[owner.status]
  return html`<p class="standing-line">${ownerBadge(owner.status, texts, name)}<span class="muted">${texts.say(text)}</span></p>`
}

export function ownerBadge(
  status: OwnerStatus,
  texts: AdminTexts,
  name: (typeof STATUS_NAMES)[OwnerStatus][0] = STATUS_NAMES[status][0],
): TemplateResult {
  return html`<span class="badge ${status === 'removed' ? 'revoked' : status}">${texts.say(name)}</span>`
}

export const ownerPanelStyles = css`
  .owner {
    display: flex;
    flex-wrap: wrap;
    gap: 1rem 2rem;
    align-items: start;
    justify-content: space-between;
    padding: 1rem;
    border: 1px solid var(--_line);
    border-radius: calc(var(--_radius) * 1.25);
  }

  .owner .about {
    display: grid;
    flex: 1 1 18rem;
    gap: 0.375rem;
    min-width: 0;
  }

  .standing-line {
    display: flex;
    flex-wrap: wrap;
    gap: 0.375rem 0.75rem;
    align-items: center;
  }
`
