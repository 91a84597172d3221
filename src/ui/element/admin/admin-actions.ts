/** The actions of the page: each opens its dialog, makes the change, shows a toast and sets focus. */

import type { AdminMessageName } from '../../messages/messages.ts'
import type { CredentialDialog } from '../dialogs/credential-dialog.ts'
import { Fault } from '../fault.ts'
import type { Toast } from '../toast.ts'
import type { Token } from '../token.ts'
import type { Invalidation } from '../token-client.ts'
import { sentence, titleOf } from '../token-fields/foreign-text.ts'
import type { AdminListing } from './admin-listing.ts'
import { type AdminTexts, sayAdminFault } from './admin-texts.ts'
import type { AdminToken } from './admin-token.ts'
import type { AdminDetailsDialog, AdminTokenActions } from './dialogs/admin-details-dialog.ts'
import type { IssueDialog } from './dialogs/issue-dialog.ts'
import type { LeakedDialog } from './dialogs/leaked-dialog.ts'
import type { LimitsDialog } from './dialogs/limits-dialog.ts'
import type { OwnerAction, OwnerDialog } from './dialogs/owner-dialog.ts'
import type { RevokeManyDialog } from './dialogs/revoke-many-dialog.ts'

export interface AdminDialogs {
  readonly credential: CredentialDialog
  readonly 'admin-details': AdminDetailsDialog
  readonly 'admin-issue': IssueDialog
  readonly 'admin-leaked': LeakedDialog
  readonly 'admin-limits': LimitsDialog
  readonly 'admin-owner': OwnerDialog
  readonly 'admin-revoke': RevokeManyDialog
}

export interface AdminDeps {
  readonly listing: AdminListing
  readonly toast: Toast
  texts(): AdminTexts
  dialog<Name extends keyof AdminDialogs>(name: Name): AdminDialogs[Name]
  /** Sets focus to the first of these that exists, after pending changes are rendered. */
  focus(...selectors: readonly string[]): Promise<void>
}

const WAS_CHANGED = {
  deactivate: 'wasDeactivated',
  reactivate: 'wasReactivated',
  remove: 'wasRemoved',
  revokeAll: 'wereAllRevoked',
} as const satisfies Record<OwnerAction, AdminMessageName>

export class AdminActions {
  readonly #deps: AdminDeps
  readonly #switching = new Set<string>()
  readonly inDetails: AdminTokenActions = {
    onSwitch: (token) => void this.#switch(token),
    onLimits: (token) => void this.#changeLimits(token),
    onRevoke: (token) => void this.#revokeOne(token.id),
    change: (token, change) => this.#edit(token, change),
  }

  constructor(deps: AdminDeps) {
    this.#deps = deps
  }

  async revokeSelected(): Promise<void> {
    const { listing, focus } = this.#deps
    if (await this.#revoke(listing.selectedTokens))
      await focus('[data-action="select-shown"]:not(:disabled)', '#list')
  }

  async revokeLeaked(): Promise<void> {
    const { listing, dialog } = this.#deps
    if ((await dialog('admin-leaked').ask()) !== null) await listing.load()
  }

  async issue(): Promise<void> {
    const { listing, dialog, focus } = this.#deps
    const issued = await dialog('admin-issue').ask(listing.place.user_id)
    // The token may have been issued even without a response.
    if (issued === null) return listing.load()
    const reloaded = listing.restart({ user_id: issued.user_id })
    await dialog('credential').show(issued)
    await reloaded
    this.#say('issued', { name: titleOf(issued, this.#deps.texts()) })
    await focus(`${rowOf(issued.id)} [data-action="details"]`, '#list')
  }

  async changeOwner(action: OwnerAction): Promise<void> {
    const { listing, dialog, focus } = this.#deps
    const id = listing.place.user_id
    const known = listing.selectable.filter((token) => token.user_id === id).length
    const more = listing.tokens.nextCursor !== null || isNarrowed(listing)
    if ((await dialog('admin-owner').ask({ action, id, known, more })) === null) return
    this.#say(WAS_CHANGED[action], { name: id })
    await listing.load()
    await focus('#owner-title')
  }

  async #changeLimits(token: AdminToken): Promise<void> {
    const { listing, dialog, texts } = this.#deps
    const changed = await dialog('admin-limits').ask(token)
    if (changed !== null) {
      listing.replace(changed)
      this.#say('limitsChanged', { name: titleOf(changed, texts()) })
    }
    // Without a result, too: the token may have changed without a response, or by others.
    await listing.load()
    await dialog('admin-details').recoverFocus()
  }

  async #revokeOne(id: string): Promise<void> {
    const { listing, dialog } = this.#deps
    const token = listing.detailed
    if (token === null || token === undefined || token.id !== id) return
    if (!(await this.#revoke([token]))) return
    dialog('admin-details').close()
  }

  async #revoke(tokens: readonly AdminToken[]): Promise<boolean> {
    const { listing, dialog, toast, texts } = this.#deps
    if (tokens.length === 0) return false
    const result = await dialog('admin-revoke').ask(tokens)
    if (result === null) return false
    toast.show(texts().say('resultRevoked', { count: result.revoked ?? 0 }))
    listing.select([])
    await listing.load()
    return true
  }

  async #switch(token: Token): Promise<void> {
    if (this.#switching.has(token.id)) return
    const { listing, toast, texts } = this.#deps
    const status = token.status === 'active' ? 'inactive' : 'active'
    this.#switching.add(token.id)
    try {
      await this.#change(token, { status })
      this.#say(status === 'active' ? 'enabled' : 'disabled', { name: titleOf(token, texts()) })
    } catch (error) {
      if (!(error instanceof Fault)) throw error
      toast.show(sayAdminFault(error, texts()), { error: true })
      await listing.load()
    } finally {
      this.#switching.delete(token.id)
    }
  }

  /** @throws {Fault} */
  async #edit(token: Token, change: Invalidation): Promise<void> {
    await this.#change(token, change)
    this.#say('saved', {})
  }

  async #change(token: Token, change: Invalidation): Promise<void> {
    const { listing } = this.#deps
    listing.replace(await listing.client.update(token.id, change))
    await listing.load()
  }

  #say(name: AdminMessageName, params: Readonly<Record<string, string>>): void {
    this.#deps.toast.show(sentence(this.#deps.texts(), name, params))
  }
}

/** The selector of a token's row. */
export function rowOf(id: string): string {
  return `tr[data-token="${CSS.escape(id)}"]`
}

/** Whether other filters than the owner hide some of its tokens. */
function isNarrowed({ place }: AdminListing): boolean {
  const { name, created_by: createdBy, status, scope, unused_since: unused, expires_before: expires } = place
  return [name, createdBy, status, scope, unused, expires].some((filter) => filter !== '')
}
