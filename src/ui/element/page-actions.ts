/** What one does with tokens on the page: each asks its dialog, changes, says so, and puts the focus where one goes on. */

import type { MessageName } from '../messages/messages.ts'
import type { TokenActions } from './dialogs/details-dialog.ts'
import { Fault, sayFault } from './fault.ts'
import { focusRow, type PageParts, rowOf } from './page-parts.ts'
import { sentence, titleOf } from './parts/foreign-text.ts'
import { START } from './place.ts'
import type { IssuedToken, Token } from './token.ts'
import type { Invalidation } from './token-client.ts'

export class PageActions {
  readonly #parts: PageParts
  readonly #switching = new Set<string>()
  readonly inDetails: TokenActions = {
    onSwitch: (token) => void this.switch(token),
    onRotate: (token) => void this.rotate(token),
    onRevoke: (token) => void this.revoke(token),
    change: (token, change) => this.#edit(token, change),
  }

  constructor(parts: PageParts) {
    this.#parts = parts
  }

  async generate(): Promise<void> {
    const issued = await this.#parts.dialog('generate').ask()
    // Also without an answer something may have happened.
    if (issued === null) return this.#parts.listing.load()
    await this.#showOnce(issued, 'generated')
  }

  async rotate(token: Token): Promise<void> {
    const issued = await this.#parts.dialog('rotate').ask(token)
    if (issued === null) return
    this.#parts.dialog('details').close()
    await this.#showOnce(issued, 'wasRotatedNow')
  }

  async revoke(token: Token): Promise<void> {
    const { listing, dialog, tell } = this.#parts
    const index = this.#indexOf(token)
    if ((await dialog('revoke').ask(token)) === null) return
    dialog('details').close()
    this.#say('wasRevokedNow', token)
    tell()
    await listing.load()
    await focusRow(this.#parts, token.id, index)
  }

  async switch(token: Token): Promise<void> {
    if (this.#switching.has(token.id)) return
    const { listing, toast, texts, dialog, find } = this.#parts
    const index = this.#indexOf(token)
    const status = token.status === 'active' ? 'inactive' : 'active'
    this.#switching.add(token.id)
    try {
      await this.#change(token, { status })
      this.#say(status === 'active' ? 'switchedOn' : 'switchedOff', token)
      const gone = (await find(rowOf(token.id))) === null
      if (gone && !dialog('details').isOpen) await focusRow(this.#parts, token.id, index)
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
    const { listing, tell } = this.#parts
    listing.replace(await listing.client.update(token.id, change))
    tell()
    await listing.load()
  }

  /** The list is brought to where the new token is seen, while its credential is shown. */
  async #showOnce(issued: IssuedToken, said: MessageName): Promise<void> {
    const { listing, dialog, tell } = this.#parts
    tell()
    const { id, name, hint } = issued
    const { status, q, sort, page } = listing.place
    const inSight = (status === 'all' || status === 'active') && q === '' && sort === START.sort && page === 1
    const reloaded = inSight ? listing.load() : listing.go(START)
    await dialog('credential').show(issued)
    await reloaded
    this.#say(said, { name, hint })
    await focusRow(this.#parts, id, 0)
  }

  #indexOf(token: Token): number {
    return this.#parts.listing.tokens.findIndex(({ id }) => id === token.id)
  }

  #say(name: MessageName, token: Pick<Token, 'name' | 'hint'>): void {
    const texts = this.#parts.texts()
    this.#parts.toast.show(sentence(texts, name, { name: titleOf(token, texts) }))
  }
}
