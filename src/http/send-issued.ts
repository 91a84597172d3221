/** Sends a new credential. A token whose credential did not leave is revoked: nobody could use or recognize it. */

import type { FastifyReply } from 'fastify'
import type { Context } from '../lifecycle/context.ts'
import type { IssuedToken } from '../lifecycle/issue-token.ts'
import { undoIssue } from '../lifecycle/undo-issue.ts'
import { type SendFailure, sendJson } from './own-responses.ts'
import { issuedOnWire } from './wire.ts'

/** Sends the token object with its credential, as `POST /tokens` and a rotation do. */
export function sendIssued(reply: FastifyReply, lifecycle: Context, issued: IssuedToken): FastifyReply {
  return sendJson(reply, 201, issuedOnWire(issued), endUnsent(reply, lifecycle, issued.token.id))
}

/** Makes what revokes a token, and cancels its rotation, when the response with its credential could not be sent. */
export function endUnsent(
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
      log.warn({ tokenId }, 'an API token was revoked: its client was gone before the credential was sent')
    } else {
      log.error({ tokenId }, 'an API token was revoked: a hook of the host failed after its issue')
    }
  }
}
