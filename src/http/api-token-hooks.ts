/** The three hooks of an instance: verify, demand scopes, let sessions in too. */

import type { FastifyReply, FastifyRequest, HookHandlerDoneFunction } from 'fastify'
import type { ScopeCatalogue } from '../lifecycle/scope-catalogue.ts'
import { missingScopes } from '../token/scope.ts'
import type { UsageRecorder } from '../usage/usage-recorder.ts'
import { carriesBearer } from './authorization-header.ts'
import type { Challenges } from './challenge.ts'
import { type ApiTokenHook, createHook, createHostHook, type HookSteps } from './hook.ts'
import { type RequestSlot, readSlot } from './request-slot.ts'

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
  readonly verify: HookSteps
  readonly challenges: Challenges
  readonly catalogue: ScopeCatalogue
  readonly slot: RequestSlot
  readonly recorder: Pick<UsageRecorder, 'ask'>
}

export function createHooks({ verify, challenges, catalogue, slot, recorder }: HookParts): ApiTokenHooks {
  const holdsScopes = (request: FastifyRequest, demanded: readonly string[]): boolean => {
    const entry = readSlot(request, slot)?.entry
    if (missingScopes(demanded, entry?.scopes ?? []).length > 0) return false
    if (entry?.token && entry.use !== null) recorder.ask(entry.use, entry.token.scopes, demanded)
    return true
  }
  return {
    verifyApiToken: createHostHook([], verify),
    requireScopes: (...demanded) => {
      catalogue.add(demanded)
      return createHostHook(demanded, (request, reply, done) =>
        verify(request, reply, (error) => {
          if (error !== undefined) return done(error)
          return holdsScopes(request, demanded) ? done() : done(challenges.insufficientScope(demanded))
        }),
      )
    },
    verifyApiTokenOr: (hook) =>
      createHostHook([], (request, reply, done) => {
        // With a bearer credential the token alone decides: a bad one never falls back to a session.
        if (carriesBearer(request.raw)) return verify(request, reply, done)
        return runHostHook(hook, request, reply, done)
      }),
  }
}

/** The hooks of the non-authenticated mode: every route is open, whatever the Authorization header says. */
export function createOpenHooks(catalogue: ScopeCatalogue): ApiTokenHooks {
  const pass: HookSteps = (_request, _reply, done) => done()
  return {
    verifyApiToken: createHook([], pass),
    requireScopes: (...demanded) => {
      catalogue.add(demanded)
      return createHook(demanded, pass)
    },
    verifyApiTokenOr: () => createHook([], pass),
  }
}

function runHostHook(
  hook: HostHook,
  request: FastifyRequest,
  reply: FastifyReply,
  done: (error?: Error) => void,
): void {
  // As Fastify runs hooks: what returns a promise is awaited, what does not calls `done`, with `null` as well.
  const answer = (error?: Error | null) => done(error ?? undefined)
  const outcome: unknown = Reflect.apply(hook, request.server, [request, reply, answer])
  if (isThenable(outcome))
    outcome.then(
      () => done(),
      (error) => done(error || rejectedWithoutError()),
    )
}

/** A rejection refuses, also one that names no error. */
function rejectedWithoutError(): Error {
  return new Error('The hook given to verifyApiTokenOr rejected without an error')
}

function isThenable(value: unknown): value is PromiseLike<unknown> {
  return typeof value === 'object' && value !== null && 'then' in value && typeof value.then === 'function'
}
