/** Copies text to the clipboard, and says whether it could. */
export async function copyText(text: string): Promise<boolean> {
  try {
    // Without a secure context (https, localhost) there is no clipboard at all.
    await navigator.clipboard.writeText(text)
    return true
  } catch {
    return false
  }
}
