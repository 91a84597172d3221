/** The form that issues a token for any owner, such as a service account. */

import { html, type TemplateResult } from 'lit'
import { CatalogueFields, catalogueFieldsStyles } from '../../dialogs/catalogue-fields.ts'
import { textIn } from '../../dialogs/text-in.ts'
import type { IssuedAdminToken } from '../admin-token.ts'
import { AdminModal } from './admin-modal.ts'
import { focusFault, LimitsFields, limitsFieldsStyles } from './limits-fields.ts'

export class IssueDialog extends AdminModal<IssuedAdminToken> {
  static override styles = [...AdminModal.styles, ...catalogueFieldsStyles, limitsFieldsStyles]

  readonly #catalogue = new CatalogueFields(
    () => this.client.catalogue(),
    () => this.requestUpdate(),
  )
  readonly #limits = new LimitsFields(() => this.requestUpdate())
  #owner = ''
  protected override readonly firstFocus = '#owner'

  /** @param owner The suggested owner. */
  ask(owner: string): Promise<IssuedAdminToken | null> {
    this.#owner = owner
    this.#catalogue.reset()
    this.#limits.fill()
    return this.open()
  }

  protected override heading(): unknown {
    return this.texts.say('issueTitle')
  }

  protected override content(): TemplateResult {
    const { texts, busy } = this
    const optional = html`<span class="muted">(${texts.say('optional')})</span>`
    return html`<form @submit=${this.#submit}>
      <p>${texts.say('issueText')}</p>
      <div class="field">
        <label for="owner">${texts.say('issueOwner')}</label>
        <input
          id="owner"
          name="user_id"
          required
          maxlength="255"
          autocomplete="off"
          autocapitalize="off"
          spellcheck="false"
          placeholder=${texts.say('issueOwnerHint')}
          .value=${this.#owner}
        />
      </div>
      <div class="field">
        <label for="name">${texts.say('name')} ${optional}</label>
        <input id="name" name="name" maxlength="100" autocomplete="off" placeholder=${texts.say('nameHint')} />
      </div>
      <div class="field">
        <label for="description">${texts.say('description')} ${optional}</label>
        <textarea id="description" name="description" rows="2" maxlength="1000"></textarea>
      </div>
      ${this.#catalogue.scopes(texts)} ${this.#catalogue.lifetime(texts)}
      ${this.#limits.render(texts, optional)} ${this.faultNotice()}
      <div class="buttons end">
        <button type="button" @click=${() => this.leave()}>${texts.say('cancel')}</button>
        <button type="submit" class="primary" data-action="issue" aria-disabled=${busy}>
          ${texts.say(busy ? 'issuing' : 'issueConfirm')}
        </button>
      </div>
    </form>`
  }

  async #submit(event: SubmitEvent): Promise<void> {
    event.preventDefault()
    if (this.busy) return
    const fields = new FormData(event.target as HTMLFormElement)
    const limits = this.#limits.changesOf({ allowed_ips: null, rate_limit: null })
    this.#limits.clearFaults()
    await this.attempt(
      async () =>
        this.finish(
          await this.client.issue({
            user_id: textIn(fields, 'user_id') ?? '',
            name: textIn(fields, 'name'),
            description: textIn(fields, 'description'),
            ...this.#catalogue.values,
            ...limits,
          }),
        ),
      (fault) => (this.#limits.showFault(fault, this.texts) ? '' : this.uncertain('issueUncertain')(fault)),
    )
    await this.updateComplete
    focusFault(this.renderRoot)
  }
}
