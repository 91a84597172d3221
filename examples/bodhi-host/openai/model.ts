/** A very small model: it counts when it is asked to, and otherwise says again what it was told. */

export const MODEL_ID = 'bodhi-tiny'

const LONGEST_COUNT = 1_000

/**
 * The words of the answer. The same words in give the same words out.
 *
 * @example reply('Please count to 3') // ['1', '2', '3']
 */
export function reply(prompt: string): string[] {
  const count = /\bcount to (\d{1,4})\b/i.exec(prompt)?.[1]
  if (count)
    return Array.from({ length: Math.min(Number(count), LONGEST_COUNT) }, (_, index) => `${index + 1}`)

  const words = wordsOf(prompt)
  if (words.length === 0) return ['I', 'am', 'listening.']
  return ['You', 'said:', ...words]
}

/** The tokens of this model are words. */
export function wordsOf(text: string): string[] {
  return text.split(/\s+/).filter((word) => word !== '')
}
