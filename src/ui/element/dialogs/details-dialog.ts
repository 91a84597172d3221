/** Shows all details of a token and its actions. */

import { html, nothing, type PropertyDeclarations, type TemplateResult } from 'lit'
import type { MessageName } from '../../messages/messages.ts'
import { hasEnded, type Scope, type Token, type Usage } from '../token.ts'
import type { Invalidation } from '../token-client.ts'
import { activeSwitch, switchStyles } from '../token-fields/active-switch.ts'
import { moment, titleOf } from '../token-fields/foreign-text.ts'
import type { InPlaceText } from '../token-fields/in-place-text.ts'
import { statusBadge, statusReason } from '../token-fields/status-badge.ts'
import { chartStyles, usageChart } from '../token-fields/usage-chart.ts'
import { detailsStyles } from './details-styles.ts'
import { Modal } from './modal.ts'

/** Actions that the page performs on a token. */
export interface TokenActions {
  readonly onSwitch: (token: Token) => void
  /** Absent if the page does not offer it. */
  readonly onRotate?: (token: Token) => void
  readonly onRevoke: (token: Token) => void
  readonly change: (token: Token, change: Invalidation) => Promise<void>
}

/** The calls that the details need. */
export interface DetailsClient {
  usage(id: string, days: number): Promise<Usage>
  /** `undefined` if they are unknown. */
  scopes(): Promise<readonly Scope[] | undefined>
}

const DAYS = 30

export class DetailsDialog extends Modal<null, DetailsClient> {
  static override styles = [...Modal.styles, switchStyles, chartStyles, detailsStyles]
  static override properties: PropertyDeclarations = {
    token: { attribute: false },
    actions: { attribute: false },
    locked: { type: Boolean },
    usage: { state: true },
    scopes: { state: true },
  }

  /** `null` while it is loading, `undefined` if it does not exist. */
  declare token: Token | null | undefined
  declare actions: TokenActions
  /** Whether changes are disabled at the moment. */
  declare locked: boolean
  /** `null` while it is loading, `undefined` if the host stores none or the request failed. */
  declare protected usage: Usage | null | undefined
  declare protected scopes: readonly Scope[] | undefined
  protected override readonly side = true
  protected override readonly firstFocus = '[data-action="close"]'

  async show(id: string, edit = false): Promise<null> {
    this.usage = null
    this.scopes = undefined
    void this.#loadUsage(id)
    void this.#loadScopes()
    const closed = this.open()
    await this.updateComplete
    if (edit) await this.renderRoot.querySelector<InPlaceText>('#name')?.edit()
    return closed
  }

  get isOpen(): boolean {
    return this.opened
  }

  close(): void {
    this.finish(null)
  }

  protected override heading(): unknown {
    return this.texts.say('detailsTitle')
  }

  protected override content(): TemplateResult {
    const { texts, token } = this
    if (token === null) return html`<p class="muted">${texts.say('loading')}</p>`
    if (token === undefined) return html`<p>${texts.say('detailsGone')}</p>`
    const now = Date.now()
    return html`
      ${this.#texts(token)}
      <div class="standing">
        <div>
          ${statusBadge(token, texts)} ${statusReason(token, texts, now)}
        </div>
        ${
          hasEnded(token)
            ? nothing
            : activeSwitch({ token, texts, disabled: this.locked, onSwitch: this.actions.onSwitch })
        }
      </div>
      <section aria-labelledby="usage-title">
        <h3 id="usage-title">${texts.say('requestsADay')}</h3>
        ${this.#usage()}
      </section>
      <section aria-labelledby="scopes-title">
        <h3 id="scopes-title">${texts.say('scopes')}</h3>
        ${this.#scopes(token)}
      </section>
      ${this.#list(token, now)} ${hasEnded(token) ? nothing : html`${this.changes(token)} ${this.#endings(token)}`}
    `
  }

  #texts(token: Token): TemplateResult {
    const { texts } = this
    const locked = this.locked || hasEnded(token)
    return html`<div class="texts">
      <api-tokens-text
        id="name"
        .texts=${texts}
        .value=${token.name}
        .label=${texts.say('name')}
        .editLabel=${texts.say('editName')}
        .placeholder=${titleOf(token, texts)}
        .save=${(name: string | null) => this.actions.change(token, { name })}
        ?locked=${locked}
      ></api-tokens-text>
      <api-tokens-text
        id="description"
        multiline
        .texts=${texts}
        .value=${token.description}
        .label=${texts.say('description')}
        .editLabel=${texts.say('editDescription')}
        .placeholder=${texts.say('noDescription')}
        .save=${(description: string | null) => this.actions.change(token, { description })}
        ?locked=${locked}
      ></api-tokens-text>
    </div>`
  }

  #usage(): TemplateResult {
    const { texts, usage } = this
    if (usage === null) return html`<p class="muted chart-space">…</p>`
    if (usage === undefined) return html`<p class="muted">${texts.say('usageFailed')}</p>`
    return usageChart(usage.data, texts)
  }

  #scopes(token: Token): TemplateResult {
    const { texts, scopes } = this
    if (token.scopes.length === 0) return html`<p class="muted">${texts.say('scopesNone')}</p>`
    return html`<ul class="granted">
      ${token.scopes.map((name) => {
        const known = scopes?.find((scope) => scope.name === name)
        return html`<li>
          <span class="chip">${name}</span>
          ${known?.description ? html`<span class="muted foreign">${known.description}</span>` : nothing}
          ${this.#scopeUse(name, scopes !== undefined && known === undefined)}
        </li>`
      })}
    </ul>`
  }

  /** Shows whether a granted scope was used. An unused scope need not be granted to the next token. */
  #scopeUse(name: string, lost: boolean): unknown {
    const { texts, usage } = this
    if (lost) return html`<span class="warning-text">${texts.say('scopeLost')}</span>`
    const used = usage?.scopes
    if (used === undefined) return nothing
    return html`<span class="muted use">${texts.say(used.includes(name) ? 'scopesUsed' : 'scopesUnused')}</span>`
  }

  #list(token: Token, now: number): TemplateResult {
    return html`<dl>
      ${this.facts(token, now).map(([label, value]) =>
        value === undefined || value === null
          ? nothing
          : html`<div><dt>${label}</dt><dd><bdi>${value}</bdi></dd></div>`,
      )}
    </dl>`
  }

  /** Labels and values. Those without a value are not shown. */
  protected facts(token: Token, now: number): (readonly [string, unknown])[] {
    const { texts } = this
    const never = texts.say('never')
    const facts: [MessageName, unknown][] = [
      ['token', html`<span class="mono">${texts.say('hint', { hint: token.hint })}</span>`],
      ['created', moment(token.created_at, texts, now)],
      ['createdBy', this.creator(token)],
      ['lastUpdated', moment(token.updated_at, texts, now)],
      ['lastUsed', token.last_used_at === null ? never : moment(token.last_used_at, texts, now)],
      ['expires', token.expires_at === null ? never : texts.moment(token.expires_at)],
      ['becomesInactive', token.idle_expires_at === null ? undefined : texts.moment(token.idle_expires_at)],
      ['allRequests', texts.number(token.use_count)],
      ['lastAddress', token.last_used_ip],
      ['lastUserAgent', token.last_used_user_agent],
    ]
    return facts.map(([name, value]) => [texts.say(name), value])
  }

  /** Who issued the token, if that is not its owner. */
  protected creator({ created_by: { id }, user_id: owner }: Token): string | null {
    return id === owner ? null : id
  }

  /** Further changes of a token that has not ended. */
  protected changes(_token: Token): unknown {
    return nothing
  }

  #endings(token: Token): TemplateResult {
    const { texts, locked, actions } = this
    const { onRotate } = actions
    return html`<section class="endings" aria-label=${texts.say('dangerZone')}>
      <div class="buttons">
        ${
          onRotate === undefined
            ? nothing
            : html`<button
                type="button"
                data-action="rotate"
                ?disabled=${locked || token.status !== 'active'}
                @click=${() => onRotate(token)}
              >
                ${texts.say('rotate')}
              </button>`
        }
        <button
          type="button"
          class="danger"
          data-action="revoke"
          ?disabled=${locked}
          @click=${() => actions.onRevoke(token)}
        >
          ${texts.say('revoke')}
        </button>
      </div>
    </section>`
  }

  async #loadUsage(id: string): Promise<void> {
    this.usage = await this.client.usage(id, DAYS).catch(() => undefined)
  }

  async #loadScopes(): Promise<void> {
    this.scopes = await this.client.scopes().catch(() => undefined)
  }
}
