/** The languages of the package. The element contains only English; the page passes other languages as messages. */

import { english } from './english.ts'
import { german } from './german.ts'
import type { Messages } from './messages.ts'

const LANGUAGES: Readonly<Record<string, Messages>> = { en: english, de: german }

/** The messages for a language tag (BCP 47); English if the language is not included. */
export function messagesFor(language: string): Messages {
  const [primary = ''] = language.toLowerCase().split('-')
  return LANGUAGES[primary] ?? english
}
