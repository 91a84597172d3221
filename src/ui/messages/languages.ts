/** The languages of the package. The elements contain only English; the pages pass other languages as messages. */

import { adminEnglish } from './admin-english.ts'
import { adminGerman } from './admin-german.ts'
import { english } from './english.ts'
import { german } from './german.ts'
import type { Message } from './message.ts'
import type { AdminMessageName, AdminMessages, Messages } from './messages.ts'

const LANGUAGES: Readonly<Record<string, { readonly page: Messages; readonly admin: AdminMessages }>> = {
  en: { page: english, admin: adminEnglish },
  de: { page: german, admin: adminGerman },
}

/** The messages for a language tag (BCP 47); English if the language is not included. */
export function messagesFor(language: string): Messages {
  return languageOf(language).page
}

/** The messages of the administration page. */
export function adminMessagesFor(language: string): Readonly<Record<AdminMessageName, Message>> {
  const { page, admin } = languageOf(language)
  return { ...page, ...admin }
}

function languageOf(tag: string) {
  const [primary = ''] = tag.toLowerCase().split('-')
  return LANGUAGES[primary] ?? { page: english, admin: adminEnglish }
}
