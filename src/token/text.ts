/** What a name and a description may say. */

export const MAX_NAME_LENGTH = 100
export const MAX_DESCRIPTION_LENGTH = 1000
export const MAX_USER_ID_LENGTH = 255

// The point of these is to find control characters.
// biome-ignore lint/suspicious/noControlCharactersInRegex: see above
const CONTROL = /[\u0000-\u001F\u007F]/
// biome-ignore lint/suspicious/noControlCharactersInRegex: see above
const CONTROL_BUT_LINES = /[\u0000-\u0008\u000B\u000C\u000E-\u001F\u007F]/

/** What is wrong with a name, as the end of a sentence about it, or `undefined`. Counted in code points. */
export function nameFault(name: unknown): string | undefined {
  return lineFault(name, MAX_NAME_LENGTH)
}

/** What is wrong with a description; it may have lines and tabs. */
export function descriptionFault(description: unknown): string | undefined {
  return textFault(description, MAX_DESCRIPTION_LENGTH, CONTROL_BUT_LINES)
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
