/** Stores a verification on its request. Each plugin instance reads only its own slot. */

import type { FastifyInstance, FastifyRequest } from 'fastify'
import type { RequestVerification } from './request-verification.ts'

/** The request property of one plugin instance. */
export type RequestSlot = symbol

interface SlottedRequest {
  [slot: RequestSlot]: RequestVerification | undefined
}

/**
 * Creates the slot and `request.apiToken`, which reads it. The slot is not a request decorator, because Fastify would
 * then initialize it on every request of the host.
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
  // Only `writeSlot` sets this symbol.
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

/** Clears `request.apiToken` that an earlier hook set, because a later hook refused the request. */
export function clearRequestToken(request: FastifyRequest, slot: RequestSlot): void {
  const verification = readSlot(request, slot)
  if (verification !== null) verification.isAccepted = false
}
