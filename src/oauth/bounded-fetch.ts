/** Fetches a document of another server: for so long, so much of it, and from nowhere else. */

/** How long an answer may take, its body included, in milliseconds. */
export const FETCH_TIMEOUT_MS = 5_000
/** Bytes: key sets of large providers are some ten thousand. */
const MAX_BODY = 262_144

export interface BoundedRequest {
  readonly method?: string | undefined
  readonly body?: URLSearchParams | string | undefined
  readonly headers?: Headers | Record<string, string> | undefined
  readonly signal?: AbortSignal | undefined
}

/** @throws {Error} For a redirect, a body that is too large, no answer in time, or no answer at all. */
export async function fetchBounded(url: string, init: BoundedRequest): Promise<Response> {
  const response = await fetch(url, { ...(init as RequestInit), redirect: 'error' })
  const { status, headers } = response
  const type = headers.get('content-type') ?? ''
  // What refuses says why, to whom it has been sent something.
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
    // Leaving the loop cancels the rest.
    if (length > MAX_BODY) throw new Error(`the answer is larger than ${MAX_BODY} bytes`)
    chunks.push(chunk)
  }
  return Buffer.concat(chunks)
}
