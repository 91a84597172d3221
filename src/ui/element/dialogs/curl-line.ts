/** The curl command with which a user can try a token in a shell. */
export function curlLine(url: string, credential: string): string {
  return `curl ${quoted(url)} -H ${quoted(`Authorization: Bearer ${credential}`)}`
}

/** POSIX shells do not expand text in single quotes. */
function quoted(text: string): string {
  return `'${text.replaceAll("'", "'\\''")}'`
}
