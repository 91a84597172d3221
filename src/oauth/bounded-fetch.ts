/** Fetches a document of another server, bounded in time and size and without redirects. */

/** How long a response may take including its body, in milliseconds. */
export const FETCH_TIMEOUT_MS = 5_000
/** Bytes. Key sets of large providers have about ten thousand. */
const MAX_BODY = 262_144

export interface BoundedRequest {
  readonly method?: string | undefined
  readonly body?: URLSearchParams | string | undefined
  readonly headers?: Headers | Record<string, string> | undefined
  readonly signal?: AbortSignal | undefined
}

/** @throws {Error} For a redirect, a body that is too large, a timeout or a failed connection. */
export async function fetchBounded(url: string, init: BoundedRequest): Promise<Response> {
  const response = await fetch(url, { ...(init as RequestInit), redirect: 'error' })
  const { status, headers } = response
  const type = headers.get('content-type') ?? ''
  // Only error responses to a POST have a body that is read: an OAuth error.
  if (status !== 200 && !(init.method === 'POST' && type.includes('json'))) {
    await response.body?.cancel()
    return new Response(null, { status })
  }
  return new Response(await readBounded(response), { status, headers: { 'content-type': type } })
}

async function readBounded({ body }: Response): Promise<Buffer<ArrayBuffer>> {
  const chunks: Uint8Array[] = []
  let length = 0
  for await (const chunk of body ?? []) {
    length += chunk.length
    // Leaving the loop cancels the stream.
    if (length > MAX_BODY) throw new Error(`the response is larger than ${MAX_BODY} bytes`)
    chunks.push(chunk)
  }
  return Buffer.concat(chunks)
}
