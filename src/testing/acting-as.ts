/** Headers with which `app.inject` acts as a program that has a token. */

import { NotRegistered } from '../errors.ts'
import type { ApiTokens } from '../lifecycle/api-tokens.ts'
import type { IssueRequest } from '../lifecycle/issue-token.ts'
import { noMore } from '../option-values.ts'

/** What is needed of an application: one with the plugin, or with `apiTokensForTests`. */
export interface TestedApp {
  /** Scopes that routes require are known once the application is ready. */
  ready(): PromiseLike<unknown>
  readonly apiTokens?: Pick<ApiTokens, 'issue'>
}

/**
 * Issues a token and returns the headers that carry it. The credential is a real one: the request passes through every
 * check that it passes through in production.
 *
 * @param request As for `app.apiTokens.issue`: the owner, and the scopes of the token (left out: none).
 * @throws {NotRegistered} When the application has neither the plugin nor `apiTokensForTests`.
 * @throws As `app.apiTokens.issue`: for a user who is unknown, and for a scope that no route requires.
 * @example
 * const headers = await actingAs(app, { userId: 'ada', scopes: ['notes:read'] })
 * const response = await app.inject({ url: '/notes', headers })
 */
export async function actingAs(
  app: TestedApp,
  request: IssueRequest,
  ...more: never[]
): Promise<{ readonly authorization: string }> {
  noMore('actingAs', more)
  await app.ready()
  if (app.apiTokens === undefined) throw new NotRegistered()
  const { credential } = await app.apiTokens.issue(request)
  return { authorization: `Bearer ${credential}` }
}
