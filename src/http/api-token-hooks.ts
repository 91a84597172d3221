/** The three hooks of a registered plugin: verify a token, require scopes, let sessions in too. */

import type { FastifyReply, FastifyRequest, HookHandlerDoneFunction } from 'fastify'
import { InvalidOption } from '../errors.ts'
import { requireScopeNames } from '../lifecycle/scope-catalogue.ts'
import { carriesBearer } from './authorization-header.ts'
import { type ApiTokenHook, createHook, createHostHook } from './hook.ts'
import type { HookCheck, HookDone } from './hook-check.ts'
import { errorFrom } from './thrown.ts'

/** A hook of the host's own, in either form: it calls `done`, or returns a promise. */
export type HostHook = (
  request: FastifyRequest,
  reply: FastifyReply,
  done: HookHandlerDoneFunction,
) => unknown

export interface ApiTokenHooks {
  readonly verifyApiToken: ApiTokenHook
  requireScopes(...scopes: string[]): ApiTokenHook
  verifyApiTokenOr(hook: HostHook): ApiTokenHook
}

export interface HookParts {
  readonly check: HookCheck
  /** Takes back what an earlier hook accepted on the request. */
  takeBack(request: FastifyRequest): void
  /** Adds scopes to the catalogue. */
  addScopes(scopes: readonly string[]): void
}

export function createHooks({ check, takeBack, addScopes }: HookParts): ApiTokenHooks {
  return {
    verifyApiToken: createHostHook('verifyApiToken', [], check),
    requireScopes: (...scopes) => {
      requireScopeNames(scopes)
      addScopes(scopes)
      return createHostHook('requireScopes', scopes, check)
    },
    verifyApiTokenOr: (hook) => {
      requireFunction(hook)
      return createHostHook('verifyApiTokenOr', [], (request, reply, scopes, done) => {
        // With a bearer credential the token alone decides: a bad one never falls back to a session.
        if (carriesBearer(request.raw)) return check(request, reply, scopes, done)
        return runHostHook(hook, request, reply, (error) => {
          if (error !== undefined) takeBack(request)
          done(error)
        })
      })
    },
  }
}

/** The hooks of the non-authenticated mode: every route is open, whatever the Authorization header says. */
export function createOpenHooks({ addScopes }: Pick<HookParts, 'addScopes'>): ApiTokenHooks {
  return {
    verifyApiToken: createHook('verifyApiToken', [], passEveryRequest),
    requireScopes: (...scopes) => {
      requireScopeNames(scopes)
      addScopes(scopes)
      return createHook('requireScopes', scopes, passEveryRequest)
    },
    verifyApiTokenOr: (hook) => {
      requireFunction(hook)
      return createHook('verifyApiTokenOr', [], passEveryRequest)
    },
  }
}

/** The check of the non-authenticated mode. */
export const passEveryRequest: HookCheck = (_request, _reply, _scopes, done) => done()

/** An undefined hook, such as that of a plugin that has not loaded yet, fails where it is written. */
function requireFunction(hook: unknown): void {
  if (typeof hook !== 'function') throw new InvalidOption('verifyApiTokenOr takes a hook, a function')
}

/**
 * As Fastify runs hooks: a promise is awaited, any other hook calls `done`, with `null` as well. Only the first answer
 * counts: a hook that both calls `done` and returns a promise must not let the request pass twice.
 */
function runHostHook(hook: HostHook, request: FastifyRequest, reply: FastifyReply, done: HookDone): void {
  let isAnswered = false
  const answer = (error?: Error | null) => {
    if (isAnswered) return
    isAnswered = true
    done(error ?? undefined)
  }
  const refuse = (thrown: unknown) => answer(errorFrom(thrown, 'The hook given to verifyApiTokenOr rejected'))
  let outcome: unknown
  try {
    outcome = Reflect.apply(hook, request.server, [request, reply, answer])
  } catch (thrown) {
    // What the hook threw before it answered is its answer; after that, it comes from further down.
    if (isAnswered) throw thrown
    return refuse(thrown)
  }
  if (isThenable(outcome)) outcome.then(() => answer(), refuse)
}

function isThenable(value: unknown): value is PromiseLike<unknown> {
  return typeof value === 'object' && value !== null && 'then' in value && typeof value.then === 'function'
}
