/** The dialog that generates a new token. */

import { html, type TemplateResult } from 'lit'
import type { Fault } from '../fault.ts'
import type { IssuedToken } from '../token.ts'
import type { NewToken } from '../token-client.ts'
import { CatalogueFields, catalogueFieldsStyles } from './catalogue-fields.ts'
import { Modal } from './modal.ts'
import { textIn } from './text-in.ts'

export class GenerateDialog extends Modal<IssuedToken> {
  static override styles = [...Modal.styles, ...catalogueFieldsStyles]

  readonly #catalogue = new CatalogueFields(
    () => this.client.catalogue(),
    () => this.requestUpdate(),
  )
  protected override readonly firstFocus = '#name'

  ask(): Promise<IssuedToken | null> {
    this.#catalogue.reset()
    return this.open()
  }

  protected override heading(): unknown {
    return this.texts.say('generateTitle')
  }

  protected override content(): TemplateResult {
    const { texts } = this
    const optional = html`<span class="muted">(${texts.say('optional')})</span>`
    return html`<form @submit=${this.#submit}>
      <div class="field">
        <label for="name">${texts.say('name')} ${optional}</label>
        <input id="name" name="name" maxlength="100" autocomplete="off" placeholder=${texts.say('nameHint')} />
      </div>
      <div class="field">
        <label for="description">${texts.say('description')} ${optional}</label>
        <textarea id="description" name="description" rows="2" maxlength="1000"></textarea>
      </div>
      ${this.#catalogue.scopes(texts)} ${this.#catalogue.lifetime(texts)}
      ${this.faultNotice()}
      <div class="buttons end">
        <button type="button" @click=${() => this.leave()}>${texts.say('cancel')}</button>
        <button type="submit" class="primary" aria-disabled=${this.busy}>
          ${texts.say(this.busy ? 'generating' : 'generate')}
        </button>
      </div>
    </form>`
  }

  #submit(event: SubmitEvent): void {
    event.preventDefault()
    const fields = new FormData(event.target as HTMLFormElement)
    const wanted: NewToken = {
      name: textIn(fields, 'name'),
      description: textIn(fields, 'description'),
      ...this.#catalogue.values,
    }
    void this.attempt(
      async () => this.finish(await this.client.issue(wanted)),
      ({ kind }: Fault) => (kind === 'unreachable' ? this.texts.say('generateUncertain') : undefined),
    )
  }
}
