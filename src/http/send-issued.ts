/** Sends a new credential, and revokes the token if its credential could not be sent. */

import type { FastifyReply } from 'fastify'
import type { Context } from '../lifecycle/context.ts'
import type { IssuedToken } from '../lifecycle/issue-token.ts'
import { undoIssue } from '../lifecycle/undo-issue.ts'
import { type SendFailure, sendJson } from './own-responses.ts'
import { issuedOnWire } from './wire.ts'

/** Sends the token object with its credential, for `POST /tokens` and for a rotation. */
export function sendIssued(reply: FastifyReply, lifecycle: Context, issued: IssuedToken): FastifyReply {
  return sendCredential(reply, lifecycle, issued.token.id, issuedOnWire(issued))
}

/** Sends a body with the credential of a new token. */
export function sendCredential(
  reply: FastifyReply,
  lifecycle: Context,
  tokenId: string,
  body: object,
): FastifyReply {
  return sendJson(reply, 201, body, revokeUnsent(reply, lifecycle, tokenId))
}

/** Makes the callback that revokes a token, or cancels its rotation, when the response could not be sent. */
export function revokeUnsent(
  { log }: FastifyReply,
  lifecycle: Context,
  tokenId: string,
): (failure: SendFailure) => Promise<void> {
  return async (failure) => {
    try {
      await undoIssue(lifecycle, tokenId)
    } catch (err) {
      log.error({ err, tokenId }, 'the credential of an API token was not sent, and it could not be revoked')
      return
    }
    if (failure === 'closed') {
      log.warn(
        { tokenId },
        'an API token was revoked: its client disconnected before the credential was sent',
      )
    } else {
      log.error({ tokenId }, 'an API token was revoked: a hook of the host failed after it was issued')
    }
  }
}
