/** The line by which a person tries a token in a shell. */
export function curlLine(url: string, credential: string): string {
  return `curl ${quoted(url)} -H ${quoted(`Authorization: Bearer ${credential}`)}`
}

/** POSIX shells take everything between single quotes as it is. */
function quoted(text: string): string {
  return `'${text.replaceAll("'", "'\\''")}'`
}
