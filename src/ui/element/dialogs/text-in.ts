/** Reads a text field of a submitted form. */

/** `null` for blank text. */
export function textIn(fields: FormData, name: string): string | null {
  const text = String(fields.get(name) ?? '')
    .replaceAll('\r\n', '\n')
    .trim()
  return text === '' ? null : text
}
