/** The form of a message: plain text with `{placeholders}`, and plural forms if it contains a number. */

/** Forms by plural category (Unicode CLDR); `other` is used for all missing categories. */
export type PluralMessage = Readonly<
  Partial<Record<'zero' | 'one' | 'two' | 'few' | 'many', string>> & { other: string }
>

export type Message = string | PluralMessage

export type MessageTable = Readonly<Record<string, Message>>
