/** The actions of the page: each opens its dialog, makes the change, shows a toast and sets focus. */

import type { MessageName } from '../messages/messages.ts'
import type { TokenActions } from './dialogs/details-dialog.ts'
import { Fault, sayFault } from './fault.ts'
import { focusRow, type PageDeps, rowOf } from './page-deps.ts'
import { START } from './place.ts'
import type { IssuedToken, Token } from './token.ts'
import type { Invalidation } from './token-client.ts'
import { sentence, titleOf } from './token-fields/foreign-text.ts'

export class PageActions {
  readonly #deps: PageDeps
  readonly #switching = new Set<string>()
  readonly inDetails: TokenActions = {
    onSwitch: (token) => void this.switch(token),
    onRotate: (token) => void this.rotate(token),
    onRevoke: (token) => void this.revoke(token),
    change: (token, change) => this.#edit(token, change),
  }

  constructor(deps: PageDeps) {
    this.#deps = deps
  }

  async generate(): Promise<void> {
    const issued = await this.#deps.dialog('generate').ask()
    // The change may have happened even without a response.
    if (issued === null) return this.#deps.listing.load()
    await this.#showOnce(issued, 'generated')
  }

  async rotate(token: Token): Promise<void> {
    const issued = await this.#deps.dialog('rotate').ask(token)
    if (issued === null) return
    this.#deps.dialog('details').close()
    await this.#showOnce(issued, 'wasRotatedNow')
  }

  async revoke(token: Token): Promise<void> {
    const { listing, dialog, notifyOtherTabs } = this.#deps
    const index = this.#indexOf(token)
    if ((await dialog('revoke').ask(token)) === null) return
    dialog('details').close()
    this.#say('wasRevokedNow', token)
    notifyOtherTabs()
    await listing.load()
    await focusRow(this.#deps, token.id, index)
  }

  async switch(token: Token): Promise<void> {
    if (this.#switching.has(token.id)) return
    const { listing, toast, texts, dialog, find } = this.#deps
    const index = this.#indexOf(token)
    const status = token.status === 'active' ? 'inactive' : 'active'
    this.#switching.add(token.id)
    try {
      await this.#change(token, { status })
      this.#say(status === 'active' ? 'enabled' : 'disabled', token)
      const gone = (await find(rowOf(token.id))) === null
      if (gone && !dialog('details').isOpen) await focusRow(this.#deps, token.id, index)
    } catch (error) {
      if (!(error instanceof Fault)) throw error
      toast.show(sayFault(error, texts()), { error: true })
      await listing.load()
    } finally {
      this.#switching.delete(token.id)
    }
  }

  /** @throws {Fault} */
  async #edit(token: Token, change: Invalidation): Promise<void> {
    await this.#change(token, change)
    this.#say('saved', token)
  }

  async #change(token: Token, change: Invalidation): Promise<void> {
    const { listing, notifyOtherTabs } = this.#deps
    listing.replace(await listing.client.update(token.id, change))
    notifyOtherTabs()
    await listing.load()
  }

  /** Loads the page of the list with the new token while its credential is shown. */
  async #showOnce(issued: IssuedToken, said: MessageName): Promise<void> {
    const { listing, dialog, notifyOtherTabs } = this.#deps
    notifyOtherTabs()
    const { id, name, hint } = issued
    const { status, q, sort, page } = listing.place
    const inSight = (status === 'all' || status === 'active') && q === '' && sort === START.sort && page === 1
    const reloaded = inSight ? listing.load() : listing.restart()
    await dialog('credential').show(issued)
    await reloaded
    this.#say(said, { name, hint })
    await focusRow(this.#deps, id, 0)
  }

  #indexOf(token: Token): number {
    return this.#deps.listing.tokens.findIndex(({ id }) => id === token.id)
  }

  #say(name: MessageName, token: Pick<Token, 'name' | 'hint'>): void {
    const texts = this.#deps.texts()
    this.#deps.toast.show(sentence(texts, name, { name: titleOf(token, texts) }))
  }
}
