/** Where a request keeps what one instance of the plugin verified. Two instances never see each other's. */

import type { FastifyInstance, FastifyRequest } from 'fastify'
import type { RequestVerification } from './request-token.ts'

/** A property of requests that only its instance of the plugin knows. */
export type RequestSlot = symbol

interface SlottedRequest {
  [slot: RequestSlot]: RequestVerification | undefined
}

/**
 * Makes the slot, and `request.apiToken` that reads it. The slot is no decoration: the value of one is stored on every
 * request of the host, also where nothing is verified.
 */
export function decorateWithSlot(fastify: FastifyInstance): RequestSlot {
  const slot: RequestSlot = Symbol('fastify-api-tokens')
  fastify.decorateRequest('apiToken', {
    getter() {
      const verification = readSlot(this, slot)
      return verification?.isAccepted === true ? verification.token : null
    },
  })
  return slot
}

export function readSlot(request: FastifyRequest, slot: RequestSlot): RequestVerification | null {
  // Only `writeSlot` puts something there, for this symbol alone.
  return (request as unknown as SlottedRequest)[slot] ?? null
}

export function writeSlot(
  request: FastifyRequest,
  slot: RequestSlot,
  verification: RequestVerification,
): void {
  // As in `readSlot`.
  const slotted = request as unknown as SlottedRequest
  slotted[slot] = verification
}

/** Takes the token off the request, whatever an earlier hook made of it: a later one refused the request. */
export function takeBackToken(request: FastifyRequest, slot: RequestSlot): void {
  const verification = readSlot(request, slot)
  if (verification !== null) verification.isAccepted = false
}
