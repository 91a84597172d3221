/** The form that issues a token for any owner, such as a service account. */

import { html, type PropertyDeclarations, type TemplateResult } from 'lit'
import type { IssuedAdminToken } from '../admin-token.ts'
import { AdminModal } from './admin-modal.ts'
import { lifetimeField, secondsOf } from './lifetime-field.ts'

export class IssueDialog extends AdminModal<IssuedAdminToken> {
  static override properties: PropertyDeclarations = {
    lifetime: { state: true },
  }

  /** The chosen value of the lifetime. */
  declare protected lifetime: string
  #owner = ''
  protected override readonly firstFocus = '#owner'

  /** @param owner The suggested owner. */
  ask(owner: string): Promise<IssuedAdminToken | null> {
    this.#owner = owner
    this.lifetime = ''
    return this.open()
  }

  protected override heading(): unknown {
    return this.texts.say('issueTitle')
  }

  protected override content(): TemplateResult {
    const { texts, busy, lifetime } = this
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
      <div class="field">
        <label for="scopes">${texts.say('scopes')} ${optional}</label>
        <textarea
          id="scopes"
          name="scopes"
          class="mono"
          rows="2"
          spellcheck="false"
          autocapitalize="off"
          aria-describedby="scopes-hint"
        ></textarea>
        <p class="muted" id="scopes-hint">${texts.say('issueScopesHint')} ${texts.say('issueScopesNone')}</p>
      </div>
      ${lifetimeField(lifetime, texts, (value) => {
        this.lifetime = value
      })}
      ${this.faultNotice()}
      <div class="buttons end">
        <button type="button" @click=${() => this.leave()}>${texts.say('cancel')}</button>
        <button type="submit" class="primary" data-action="issue" aria-disabled=${busy}>
          ${texts.say(busy ? 'issuing' : 'issueConfirm')}
        </button>
      </div>
    </form>`
  }

  #submit(event: SubmitEvent): void {
    event.preventDefault()
    const fields = new FormData(event.target as HTMLFormElement)
    const text = (name: string) => String(fields.get(name) ?? '').trim()
    const expiresIn = secondsOf(this.lifetime, text('lifetime_date'), Date.now())
    void this.attempt(
      async () =>
        this.finish(
          await this.client.issue({
            user_id: text('user_id'),
            name: text('name') || null,
            description: text('description').replaceAll('\r\n', '\n') || null,
            scopes: text('scopes')
              .split(/\s+/)
              .filter((scope) => scope !== ''),
            ...(expiresIn !== undefined && { expires_in: expiresIn }),
          }),
        ),
      this.uncertain('issueUncertain'),
    )
  }
}
