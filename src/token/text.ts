/** What a name and a description may say. */

export const MAX_NAME_LENGTH = 100
export const MAX_DESCRIPTION_LENGTH = 1000
export const MAX_USER_ID_LENGTH = 255

/** C0, DEL and C1. */
const CONTROL = /\p{Cc}/u
const CONTROL_EXCEPT_LINES = /[^\P{Cc}\t\n\r]/u
/** Embeddings, overrides, isolates, and the deprecated controls next to them (Unicode Standard Annex 9). */
const BIDI_CONTROL = /[\u202A-\u202E\u2066-\u206F]/
const LINE_SEPARATOR = /[\u2028\u2029]/
/** Letters, digits, punctuation, symbols, private use, and what a later Unicode version assigns. */
const MAY_BE_VISIBLE = /[^\p{White_Space}\p{Default_Ignorable_Code_Point}\p{Cc}\p{Cf}\p{M}]/u
/** Characters that are letters or symbols by category, yet drawn as a space: a Braille, a musical and two hieroglyphic blanks. */
const BLANKS = /[\u2800\u{1D159}\u{13441}\u{13442}]/gu

/**
 * What is wrong with a name, as the end of a sentence about it, or `undefined`. Counted in code points. Emoji sequences,
 * right-to-left scripts and their marks, and combining marks are names. Characters that reorder or hide the text around
 * a name are not.
 */
export function nameFault(name: unknown): string | undefined {
  return lineFault(name, MAX_NAME_LENGTH) ?? displayFault(String(name), LINE_SEPARATOR)
}

/** What is wrong with a description; it may have lines and tabs. */
export function descriptionFault(description: unknown): string | undefined {
  return (
    textFault(description, MAX_DESCRIPTION_LENGTH, CONTROL_EXCEPT_LINES) ?? displayFault(String(description))
  )
}

/** What is wrong with a part of a name or description to search for: it may be less than a visible character. */
export function searchFault(part: unknown): string | undefined {
  return lineFault(part, MAX_NAME_LENGTH)
}

/** What is wrong with a user's id: it must survive a JWT and every database, byte for byte. */
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

/** What is wrong with a text that a page shows beside other texts. */
function displayFault(text: string, forbidden?: RegExp): string | undefined {
  if (BIDI_CONTROL.test(text)) return 'must not contain bidirectional controls'
  if (forbidden?.test(text) === true) return 'must not contain line separators'
  if (!MAY_BE_VISIBLE.test(text.replace(BLANKS, ''))) return 'must have a visible character'
  return undefined
}

/** Counts code points only where the cheap bounds (a code point is one or two units) do not decide. */
function isLongerThan(text: string, max: number): boolean {
  if (text.length <= max) return false
  if (text.length > max * 2) return true
  return [...text].length > max
}

/** A text with its ASCII letters in lower case: the folding that every database agrees on. */
export function lowerAscii(text: string): string {
  return text.replace(/[A-Z]/g, (letter) => letter.toLowerCase())
}
