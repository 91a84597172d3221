/** The page on which a signed-in user enters a code and approves or denies it (RFC 8628 §3.3). */

import type { FastifyError, FastifyInstance, FastifyRequest } from 'fastify'
import { UserInactive, UserRequired } from '../../errors.ts'
import { requireSameSite } from '../../http/cross-site.ts'
import { keepResponses, type OwnResponse, sendOwn, sendOwnError } from '../../http/own-responses.ts'
import { hiddenRoute, markOwnScope } from '../../http/own-routes.ts'
import { refuseApiToken } from '../../http/session-only.ts'
import { requireUser, type SignedInUser, type UserSource, userOf } from '../../http/signed-in-user.ts'
import type { Context } from '../../lifecycle/context.ts'
import type { DeviceAuthorization } from '../../store/device-authorization-store.ts'
import { devicesOf } from '../../store/devices-of.ts'
import { missingScopes } from '../../token/scope.ts'
import { nameFault } from '../../token/text.ts'
import { lookUpActiveUser } from '../../verification/look-up-user.ts'
import type { ClientSettings } from '../clients/client-settings.ts'
import { type Endpoints, routeOf } from '../endpoints.ts'
import { type Form, parameter, parseForms } from '../form-body.ts'
import { formatUserCode, readUserCode, userDigestsOf } from './device-codes.ts'
import {
  type Consent,
  codePage,
  consentPage,
  DEVICE_POLICY,
  decidedPage,
  note,
  signInPage,
} from './device-html.ts'
import type { DeviceSettings } from './device-settings.ts'
import { takeGuess, WAIT_SECONDS } from './guesses.ts'

export interface DevicePageDeps extends UserSource {
  readonly settings: DeviceSettings
  readonly endpoints: Endpoints
  readonly clients: ReadonlyMap<string, ClientSettings>
  readonly lifecycle: Context
  readonly trustedOrigins: ReadonlySet<string>
}

/** An HTML response. */
interface Page {
  readonly status: number
  readonly html: string
  readonly retryAfter?: number
}

const HEADERS = {
  'cache-control': 'no-store',
  'content-security-policy': DEVICE_POLICY,
  'referrer-policy': 'same-origin',
  'x-content-type-options': 'nosniff',
  'x-frame-options': 'DENY',
}

const UNKNOWN = 'This code is unknown, was already used, or has expired.'

export function devicePage(scope: FastifyInstance, deps: DevicePageDeps): void {
  const { endpoints, lifecycle, settings, trustedOrigins } = deps
  markOwnScope(scope)
  parseForms(scope)
  scope.addHook('onRequest', async (request) => {
    refuseApiToken(request, lifecycle.tokenPrefixes)
    requireSameSite(request, trustedOrigins)
  })
  requireUser(scope, deps)
  keepResponses(scope, HEADERS)
  scope.setErrorHandler<FastifyError>((error, request, reply) => {
    const { statusCode = 500 } = error
    if (statusCode >= 500) request.log.error({ err: error }, 'the device page failed')
    if (error instanceof UserRequired)
      return sendOwnError(reply, htmlOf({ status: 401, html: signInPage(settings.signInUrl) }))
    const text = statusCode >= 500 ? 'Something went wrong. Try again shortly.' : error.message
    return sendOwnError(reply, htmlOf({ status: statusCode, html: note('That did not work', text) }))
  })

  const url = routeOf(endpoints.verification)
  scope.get<{ Querystring: { user_code?: unknown } }>(url, hiddenRoute, async ({ query }, reply) => {
    const typed = typeof query.user_code === 'string' ? query.user_code.slice(0, 40) : ''
    return sendOwn(reply, htmlOf({ status: 200, html: codePage(typed) }))
  })
  scope.post<{ Body: Form | undefined }>(url, hiddenRoute, async (request, reply) => {
    const page = await respond(deps, request, request.body ?? new Map())
    if (page.retryAfter !== undefined) reply.header('retry-after', String(page.retryAfter))
    return sendOwn(reply, htmlOf(page))
  })
}

function htmlOf({ status, html }: Page): OwnResponse {
  return { status, type: 'text/html; charset=utf-8', body: html }
}

async function respond(deps: DevicePageDeps, request: FastifyRequest, form: Form): Promise<Page> {
  const typed = parameter(form, 'user_code') ?? ''
  const user = userOf(request)
  const code = readUserCode(typed)
  if (code === undefined) {
    return { status: 400, html: codePage(typed, 'A code has eight letters, such as WDJB-MJHT.') }
  }
  const { store, signer } = deps.lifecycle
  const guess = await takeGuess(store, user.id)
  if (guess === null) {
    const html = note('Too many wrong codes', 'Wait ten minutes before you try again.')
    return { status: 429, html, retryAfter: WAIT_SECONDS }
  }
  const device = await devicesOf(store).find(userDigestsOf(code, signer.keys))
  if (device === null || device.status !== 'pending') return { status: 400, html: codePage(typed, UNKNOWN) }
  await guess.wasRight()
  return decide(deps, request, form, device, user, formatUserCode(code))
}

async function decide(
  deps: DevicePageDeps,
  { log }: FastifyRequest,
  form: Form,
  device: DeviceAuthorization,
  user: SignedInUser,
  userCode: string,
): Promise<Page> {
  const { store } = deps.lifecycle
  const { deviceDigest, clientId } = device
  const consent = consentTo(deps, device, user, userCode)
  const decision = parameter(form, 'decision')
  if (decision === undefined) return { status: 200, html: consentPage(consent) }
  const userId = user.id
  if (decision !== 'approve') {
    const isDenied = await devicesOf(store).decide(deviceDigest, { status: 'denied', userId })
    return decided(isDenied, 'denied')
  }
  const name = parameter(form, 'name') ?? null
  const fault = name === null ? undefined : nameFault(name)
  if (fault !== undefined) {
    return { status: 400, html: consentPage({ ...consent, name: name ?? '', fault: `The name ${fault}.` }) }
  }
  const scopes = consent.grantable.map((entry) => entry.name)
  if (device.scopes.length > 0 && scopes.length === 0) {
    return { status: 403, html: consentPage({ ...consent, fault: 'You may grant none of these scopes.' }) }
  }
  await requireActive(deps.lifecycle, userId)
  // A revocation of all tokens of the user ends the approval too.
  const generation = (await store.findOwner(userId))?.generation ?? null
  const approval = { status: 'approved', userId, generation, name, scopes } as const
  const isApproved = await devicesOf(store).decide(deviceDigest, approval)
  if (isApproved) log.info({ clientId, userId, scopes }, 'a device was approved')
  return decided(isApproved, 'approved')
}

function decided(isDecided: boolean, status: 'approved' | 'denied'): Page {
  return isDecided ? { status: 200, html: decidedPage(status) } : { status: 400, html: codePage('', UNKNOWN) }
}

function consentTo(
  { clients, lifecycle }: DevicePageDeps,
  { clientId, name, scopes }: DeviceAuthorization,
  user: SignedInUser,
  userCode: string,
): Consent {
  const clientName = clients.get(clientId)?.clientName ?? clientId
  const entries = lifecycle.catalogue.entries(user.scopes)
  const grantable = scopes.flatMap((scope) => entries.filter((entry) => entry.name === scope))
  const withheld = missingScopes(
    scopes,
    grantable.map((entry) => entry.name),
  )
  return { clientName, clientId, userCode, name: name ?? clientName, grantable, withheld }
}

/** Also checked at redemption. Checked here too, so that a deactivated user sees the reason on the page. */
async function requireActive({ store, findUser }: Context, userId: string): Promise<void> {
  const owner = await store.findOwner(userId)
  if (owner !== null && owner.status !== 'active') throw new UserInactive()
  await lookUpActiveUser(findUser, userId)
}
