/** The type of the option `authorizeIssue`. */

import type { FastifyRequest } from 'fastify'
import type { AuthorizeIssue, IssueCause } from '../lifecycle/authorize-issue.ts'

/** Who issues a token, with the request, if there is one. */
export type RequestIssueCause = IssueCause<FastifyRequest>

/** Called before a token is issued. Returns `true`, or throws the error that the caller gets. */
export type AuthorizeRequestIssue = AuthorizeIssue<FastifyRequest>
