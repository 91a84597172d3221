/** Puts an error's headers on its reply, where a host's own error handler keeps them. */

import type { onErrorHookHandler } from 'fastify'
import { isApiTokensError } from '../errors.ts'

/**
 * The headers wait until an error is really answered: under the `or` of @fastify/auth another function may accept
 * the request after ours has refused it, and its 200 carries no challenge then.
 */
export const putErrorHeaders: onErrorHookHandler = (_request, reply, error, done) => {
  if (isApiTokensError(error) && error.headers !== undefined) reply.headers(error.headers)
  done()
}
