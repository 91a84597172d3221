/** The languages that are shipped. The element speaks English; the page hands it the words of another language. */

import { english } from './english.ts'
import { german } from './german.ts'
import type { Messages } from './messages.ts'

const LANGUAGES: Readonly<Record<string, Messages>> = { en: english, de: german }

/** The messages for a language tag (BCP 47); English where it is not shipped. */
export function messagesFor(language: string): Messages {
  const [primary = ''] = language.toLowerCase().split('-')
  return LANGUAGES[primary] ?? english
}
