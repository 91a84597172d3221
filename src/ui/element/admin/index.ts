/** `fastify-api-tokens/ui/admin-element`: importing it defines `<api-tokens-admin>`. */

import { CredentialDialog } from '../dialogs/credential-dialog.ts'
import { InPlaceText } from '../token-fields/in-place-text.ts'
import { ApiTokensAdmin as Implementation } from './api-tokens-admin.ts'
import type { ApiTokensAdminElement } from './api-tokens-admin-element.ts'
import { AdminDetailsDialog } from './dialogs/admin-details-dialog.ts'
import { IssueDialog } from './dialogs/issue-dialog.ts'
import { LeakedDialog } from './dialogs/leaked-dialog.ts'
import { LimitsDialog } from './dialogs/limits-dialog.ts'
import { OwnerDialog } from './dialogs/owner-dialog.ts'
import { RevokeManyDialog } from './dialogs/revoke-many-dialog.ts'

export type { Message, PluralMessage } from '../../messages/message.ts'
export type { AdminMessageName, AdminMessageOverrides, AdminMessages } from '../../messages/messages.ts'
export type { ApiTokensAdminElement } from './api-tokens-admin-element.ts'

/** The class of `<api-tokens-admin>`. */
export const ApiTokensAdmin: { readonly prototype: ApiTokensAdminElement; new (): ApiTokensAdminElement } =
  Implementation

const ELEMENTS: readonly [string, CustomElementConstructor][] = [
  ['api-tokens-text', InPlaceText],
  ['api-tokens-credential', CredentialDialog],
  ['api-tokens-admin-details', AdminDetailsDialog],
  ['api-tokens-admin-issue', IssueDialog],
  ['api-tokens-admin-leaked', LeakedDialog],
  ['api-tokens-admin-limits', LimitsDialog],
  ['api-tokens-admin-owner', OwnerDialog],
  ['api-tokens-admin-revoke', RevokeManyDialog],
  ['api-tokens-admin', Implementation],
]

// `<api-tokens>` shares some of them, and a page may contain two bundles: only the first defines an element.
for (const [name, element] of ELEMENTS) {
  if (customElements.get(name) === undefined) customElements.define(name, element)
}
