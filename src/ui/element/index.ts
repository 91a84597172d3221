/** `fastify-api-tokens/ui/element`: importing it defines `<api-tokens>`. */

import { ApiTokens as Implementation } from './api-tokens.ts'
import type { ApiTokensElement } from './api-tokens-element.ts'
import { CredentialDialog } from './dialogs/credential-dialog.ts'
import { DetailsDialog } from './dialogs/details-dialog.ts'
import { GenerateDialog } from './dialogs/generate-dialog.ts'
import { RevokeDialog } from './dialogs/revoke-dialog.ts'
import { RotateDialog } from './dialogs/rotate-dialog.ts'
import { InPlaceText } from './token-fields/in-place-text.ts'

export type { Message, PluralMessage } from '../messages/message.ts'
export type { MessageName, MessageOverrides, Messages } from '../messages/messages.ts'
export type { ApiTokensElement } from './api-tokens-element.ts'

/** The class of `<api-tokens>`. */
export const ApiTokens: { readonly prototype: ApiTokensElement; new (): ApiTokensElement } = Implementation

const ELEMENTS: readonly [string, CustomElementConstructor][] = [
  ['api-tokens-text', InPlaceText],
  ['api-tokens-details', DetailsDialog],
  ['api-tokens-generate', GenerateDialog],
  ['api-tokens-rotate', RotateDialog],
  ['api-tokens-revoke', RevokeDialog],
  ['api-tokens-credential', CredentialDialog],
  ['api-tokens', Implementation],
]

// Two bundles on a page may both contain it: only the first defines it.
for (const [name, element] of ELEMENTS) {
  if (customElements.get(name) === undefined) customElements.define(name, element)
}
