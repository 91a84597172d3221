/** Searches this process's live memory for the text of credentials, and for the secret of one. */

import { getHeapSnapshot } from 'node:v8'

/** How many strings in live memory are a credential with this prefix. Garbage is collected first. */
export async function countCredentialsInHeap(prefix: string): Promise<number> {
  let count = 0
  let rest = ''
  const credential = new RegExp(`${prefix}(?:eyJ[\\w-]+\\.[\\w-]+\\.|[a-z2-7]{62})`, 'g')
  for await (const chunk of getHeapSnapshot().setEncoding('latin1')) {
    const text = rest + chunk
    count += text.match(credential)?.length ?? 0
    rest = text.slice(-1024).replace(credential, '')
  }
  return count
}

/** Whether a string in live memory contains a text. It is passed as bytes, which are not a string. */
export async function isInHeap(text: Buffer): Promise<boolean> {
  let rest = Buffer.alloc(0)
  for await (const chunk of getHeapSnapshot()) {
    const bytes = Buffer.concat([rest, chunk])
    if (bytes.includes(text)) return true
    rest = bytes.subarray(-text.length)
  }
  return false
}
