/** The texts of the administration page: those of `<api-tokens>`, and its own. */

import { adminEnglish } from '../../messages/admin-english.ts'
import type { AdminMessageName, AdminMessageOverrides } from '../../messages/messages.ts'
import { type Fault, sayFault } from '../fault.ts'
import { Texts } from '../texts.ts'

export type AdminTexts = Texts<AdminMessageName>

export function adminTexts(language: string, overrides: AdminMessageOverrides): AdminTexts {
  return new Texts<AdminMessageName>(language, { ...adminEnglish, ...overrides })
}

/** The text for the administrator. */
export function sayAdminFault(fault: Fault, texts: AdminTexts): string {
  return fault.kind === 'no-route' ? texts.say('errorNoRoute') : sayFault(fault, texts)
}
