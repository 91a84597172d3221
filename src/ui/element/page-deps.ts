/** The shared dependencies of the page's actions. */

import type { CredentialDialog } from './dialogs/credential-dialog.ts'
import type { DetailsDialog } from './dialogs/details-dialog.ts'
import type { GenerateDialog } from './dialogs/generate-dialog.ts'
import type { RevokeDialog } from './dialogs/revoke-dialog.ts'
import type { RotateDialog } from './dialogs/rotate-dialog.ts'
import type { TokenListing } from './list/token-listing.ts'
import type { Texts } from './texts.ts'
import type { Toast } from './toast.ts'

export interface Dialogs {
  readonly generate: GenerateDialog
  readonly credential: CredentialDialog
  readonly details: DetailsDialog
  readonly rotate: RotateDialog
  readonly revoke: RevokeDialog
}

export interface PageDeps {
  readonly listing: TokenListing
  readonly toast: Toast
  texts(): Texts
  dialog<Name extends keyof Dialogs>(name: Name): Dialogs[Name]
  /** The first matching element, after pending changes are rendered. */
  find(selector: string): Promise<HTMLElement | null>
  /** Notifies other tabs about a change. */
  notifyOtherTabs(): void
}

/** Sets focus after a row has changed or disappeared: to that row, its replacement, or the tabs. */
export async function focusRow({ find, listing }: PageDeps, id: string, index: number): Promise<void> {
  const { tokens } = listing
  const next = tokens.find((token) => token.id === id) ?? tokens[Math.min(index, tokens.length - 1)]
  const row = next && (await find(`${rowOf(next.id)} [data-action="details"]`))
  const target = row ?? (await find('[aria-selected="true"], [data-action="generate"]'))
  target?.focus()
}

/** The selector of a token's row. */
export function rowOf(id: string): string {
  return `tr[data-token="${CSS.escape(id)}"]`
}
