/** Sends one request to the service with the user's session, and turns every failure into a fault. */

import { Fault, faultOf } from './fault.ts'

const TIMEOUT_MS = 30_000

export interface WireRequest {
  readonly method: string
  readonly url: string
  readonly body?: object | undefined
  readonly signal?: AbortSignal | undefined
}

/** @throws {Fault} */
export async function sendRequest<Body>({ method, url, body, signal }: WireRequest): Promise<Body> {
  const timeout = AbortSignal.timeout(TIMEOUT_MS)
  let response: Response
  try {
    response = await fetch(url, {
      method,
      // The host redirects signed-out users to its sign-in page.
      redirect: 'manual',
      signal: signal === undefined ? timeout : AbortSignal.any([signal, timeout]),
      headers: { accept: 'application/json', ...(body && { 'content-type': 'application/json' }) },
      ...(body && { body: JSON.stringify(body) }),
    })
  } catch (cause) {
    if (signal?.aborted) throw cause
    throw new Fault('unreachable', '', { cause })
  }
  if (response.type === 'opaqueredirect') throw new Fault('signed-out')
  if (response.status === 204) return undefined as Body
  // The connection may break, and the error of a proxy is not JSON.
  const content: unknown = await response.json().catch((cause: unknown) => cause)
  if (signal?.aborted) throw signal.reason
  if (response.ok && !(content instanceof Error)) return content as Body
  if (response.ok) throw new Fault('unreachable', '', { cause: content })
  const { code, message = '' } = Object(content) as { code?: string; message?: string }
  throw faultOf(response.status, code, message)
}

/** The query of the members that have a value. */
export function queryOf(members: object): string {
  const entries = Object.entries(members).flatMap(([name, value]) =>
    value === undefined || value === '' ? [] : [[name, String(value)]],
  )
  return `?${new URLSearchParams(entries)}`
}
