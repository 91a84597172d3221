/** Rules for the texts of a token and for user ids. */

export const MAX_NAME_LENGTH = 100
export const MAX_DESCRIPTION_LENGTH = 1000
const MAX_USER_ID_LENGTH = 255

/** C0, DEL and C1. */
const CONTROL = /\p{Cc}/u
const CONTROL_EXCEPT_LINES = /[^\P{Cc}\t\n\r]/u
/** Embeddings, overrides, isolates, and the deprecated controls next to them (Unicode Standard Annex 9). */
const BIDI_CONTROL = /[\u202A-\u202E\u2066-\u206F]/
const LINE_SEPARATOR = /[\u2028\u2029]/
/** Letters, digits, punctuation, symbols, private use, and characters of later Unicode versions. */
const MAY_BE_VISIBLE = /[^\p{White_Space}\p{Default_Ignorable_Code_Point}\p{Cc}\p{Cf}\p{M}]/u
/** Characters that are letters or symbols by category, but look like a space: one Braille, one musical, two hieroglyphic. */
const BLANKS = /[\u2800\u{1D159}\u{13441}\u{13442}]/gu

/**
 * The fault of a name, as the end of an error message, or `undefined`. Lengths are in code points. Emoji sequences,
 * right-to-left scripts and combining marks are allowed. Characters that reorder or hide other text are not.
 */
export function nameFault(name: unknown): string | undefined {
  return lineFault(name, MAX_NAME_LENGTH) ?? displayFault(String(name), LINE_SEPARATOR)
}

/** The fault of a description, which may contain line breaks and tabs. */
export function descriptionFault(description: unknown): string | undefined {
  return (
    textFault(description, MAX_DESCRIPTION_LENGTH, CONTROL_EXCEPT_LINES) ?? displayFault(String(description))
  )
}

/** The fault of a search text. It needs no visible character. */
export function searchFault(part: unknown): string | undefined {
  return lineFault(part, MAX_NAME_LENGTH)
}

/** The fault of a user id, which must survive a JWT and every database unchanged. */
export function userIdFault(userId: unknown): string | undefined {
  return lineFault(userId, MAX_USER_ID_LENGTH)
}

function lineFault(text: unknown, max: number): string | undefined {
  return textFault(text, max, CONTROL)
}

function textFault(text: unknown, max: number, forbidden: RegExp): string | undefined {
  if (typeof text !== 'string') return 'must be a string'
  if (text.trim() === '') return 'must not be blank'
  if (!text.isWellFormed()) return 'must not contain lone surrogates'
  if (forbidden.test(text)) return 'must not contain control characters'
  if (isLongerThan(text, max)) return `must not have more than ${max} characters`
  return undefined
}

/** The fault of a text that a page shows beside other texts. */
function displayFault(text: string, forbidden?: RegExp): string | undefined {
  if (BIDI_CONTROL.test(text)) return 'must not contain bidirectional controls'
  if (forbidden?.test(text) === true) return 'must not contain line separators'
  if (!MAY_BE_VISIBLE.test(text.replace(BLANKS, ''))) return 'must have a visible character'
  return undefined
}

/** Counts code points only if the length in UTF-16 units does not decide: a code point has one or two. */
function isLongerThan(text: string, max: number): boolean {
  if (text.length <= max) return false
  if (text.length > max * 2) return true
  return [...text].length > max
}

/** A text with its ASCII letters in lower case, which every database does the same way. */
export function lowerAscii(text: string): string {
  return text.replace(/[A-Z]/g, (letter) => letter.toLowerCase())
}

/** Shorter than a credential. */
const MAX_NAMED_LENGTH = 40

/** A text of a client as an error names it. It may be long, or a credential in a wrong place, so it is cut to 40 characters. */
export function shortened(text: string): string {
  return text.length <= MAX_NAMED_LENGTH ? text : `${text.slice(0, MAX_NAMED_LENGTH)}…`
}
