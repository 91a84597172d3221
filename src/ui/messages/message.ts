/** The form of one message: plain text with `{places}`, and plural forms where a number stands in it. */

/** Forms by plural category (Unicode CLDR); `other` serves all categories that are not there. */
export type PluralMessage = Readonly<
  Partial<Record<'zero' | 'one' | 'two' | 'few' | 'many', string>> & { other: string }
>

export type Message = string | PluralMessage

export type MessageTable = Readonly<Record<string, Message>>
