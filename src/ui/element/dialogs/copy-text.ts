/** Copies text to the clipboard. Resolves to whether that succeeded. */
export async function copyText(text: string): Promise<boolean> {
  try {
    // The clipboard exists only in a secure context (https or localhost).
    await navigator.clipboard.writeText(text)
    return true
  } catch {
    return false
  }
}
