/** A very small model: it counts on request, and otherwise repeats the message. */

export const MODEL_ID = 'bodhi-tiny'

const LONGEST_COUNT = 1_000

/**
 * The words of the reply. The same message always has the same reply.
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
