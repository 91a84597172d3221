/** What every operation says of itself in OpenAPI: an id, a tag, a summary, its answers. */

import type { TSchema } from 'typebox'
import { ErrorAnswer } from './schemas.ts'

export interface OperationParts {
  /** The tag of the operations in the host's OpenAPI document. */
  readonly tag: string
  /** Whether they are left out of it. */
  readonly hide: boolean
}

/** The members of a route's schema that describe it; each error status that it can answer has its schema. */
export function operation<Success extends Record<number, TSchema>>(
  { tag, hide }: OperationParts,
  operationId: string,
  summary: string,
  success: Success,
  refusals: readonly number[],
) {
  const errors = Object.fromEntries(refusals.map((status) => [status, ErrorAnswer]))
  // Refusals are thrown, never returned by a handler, so that its type is of the success alone.
  const response = { ...errors, ...success } as Success
  return { operationId, summary, tags: [tag], hide, response }
}
