/** Copies an error's headers to the reply, so that they are sent also with a host's own error handler. */

import type { onErrorHookHandler } from 'fastify'
import { isApiTokensError } from '../errors.ts'

/**
 * Set in `onError`, when the error is certain to be sent. With the `or` relation of @fastify/auth another function may
 * accept the request after ours has refused it, and that 200 must not carry a challenge.
 */
export const putErrorHeaders: onErrorHookHandler = (_request, reply, error, done) => {
  if (isApiTokensError(error) && error.headers !== undefined) reply.headers(error.headers)
  done()
}
