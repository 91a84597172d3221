/** The device code grant: a program polls until its user has decided, then gets its token (RFC 8628 §3.4). */

import { randomUUID } from 'node:crypto'
import type { Context } from '../../lifecycle/context.ts'
import type { IssuedToken } from '../../lifecycle/issue-token.ts'
import { revokeToken } from '../../lifecycle/revoke-token.ts'
import type { DeviceAuthorization, DevicePoll } from '../../store/device-authorization-store.ts'
import { devicesOf } from '../../store/devices-of.ts'
import { SYSTEM } from '../../token/actor.ts'
import { requiredParameter } from '../form-body.ts'
import type { Grant, GrantRequest } from '../grants.ts'
import { type GrantErrors, issueForGrant } from '../issue-for-grant.ts'
import { OAuthError } from '../oauth-error.ts'
import { tokenResponse } from '../token-response.ts'
import { deviceDigestOf } from './device-codes.ts'
import type { DeviceSettings } from './device-settings.ts'

/** RFC 8628 §3.5: `slow_down` increases the interval by five seconds for all following polls. */
const SLOW_DOWN_MS = 5_000
/** Longer than issuing a token takes. */
const ISSUE_MS = 30_000

const ERRORS: GrantErrors = {
  refused: 'access_denied',
  noScope: () => new OAuthError('access_denied', 'The user no longer has any of the scopes'),
}

export function deviceGrant(lifecycle: Context, { tokenLifetimeMs }: DeviceSettings): Grant {
  const { store } = lifecycle
  return async ({ form, client, ip, httpRequest }) => {
    const deviceDigest = deviceDigestOf(requiredParameter(form, 'device_code'))
    const poll = await devicesOf(store).poll(deviceDigest, client.clientId, { slowDownMs: SLOW_DOWN_MS })
    if (poll === null) throw new OAuthError('invalid_grant', 'This client has no such device_code')
    requireApproval(poll)
    const issued = await redeem(lifecycle, poll.device, {
      clientName: client.clientName,
      from: { ip, httpRequest },
      expiresIn: tokenLifetimeMs,
    })
    return { response: tokenResponse(issued), tokenId: issued.token.id }
  }
}

function requireApproval({ device: { status }, expired, tooFast }: DevicePoll): void {
  if (status === 'redeemed') throw usedAlready()
  if (status === 'denied') throw new OAuthError('access_denied', 'The user has refused')
  if (expired) throw new OAuthError('expired_token', 'The device_code has expired: start again')
  if (tooFast) throw new OAuthError('slow_down', 'Wait five seconds longer between two requests from now on')
  if (status === 'pending') throw pending('The user has not decided yet')
}

/** Of an owner whose tokens were never revoked as a whole, with or without a row. */
const FIRST_GENERATION = 1

interface Redemption {
  readonly clientName: string
  /** The program's request. */
  readonly from: Pick<GrantRequest, 'ip' | 'httpRequest'>
  readonly expiresIn: number
}

/** Issues the token. Owner and scopes are checked again, because minutes may have passed since the approval (promise 8). */
async function redeem(
  lifecycle: Context,
  device: DeviceAuthorization,
  { clientName, from, expiresIn }: Redemption,
): Promise<IssuedToken> {
  const { deviceDigest, userId, name, scopes } = device
  if (userId === null) throw new Error('an approved device authorization has no user')
  const { store } = lifecycle
  await requireSameGeneration(lifecycle, device, userId)
  // The lease prevents concurrent redemptions. The code is marked as redeemed after the token exists, so that the
  // program can poll again after an outage.
  const lease = { name: `device ${deviceDigest}`, holder: randomUUID() }
  if (!(await store.acquireLease({ ...lease, ms: ISSUE_MS }))) throw pending('The token is being issued')
  try {
    const request = { userId, name: name ?? clientName, scopes, expiresIn }
    const issued = await issueForGrant(lifecycle, request, from, ERRORS)
    await markRedeemed(lifecycle, deviceDigest, issued)
    return issued
  } finally {
    await store.releaseLease(lease).catch(() => undefined)
  }
}

/** All tokens of the user may have been revoked since the approval: a token would come back by it. */
async function requireSameGeneration(
  { store }: Context,
  { generation }: DeviceAuthorization,
  userId: string,
): Promise<void> {
  const owner = await store.findOwner(userId)
  if ((generation ?? FIRST_GENERATION) !== (owner?.generation ?? FIRST_GENERATION))
    throw new OAuthError('access_denied', 'All tokens of the user were revoked since the approval')
}

/** Marks the code as redeemed, and revokes the new token if that fails: its credential is not sent then. */
async function markRedeemed(lifecycle: Context, deviceDigest: string, { token }: IssuedToken): Promise<void> {
  let isFirst = false
  try {
    isFirst = await devicesOf(lifecycle.store).redeem(deviceDigest)
  } finally {
    if (!isFirst) {
      await revokeToken(lifecycle, token.id, { by: SYSTEM, reason: 'not_delivered' }).catch(() => undefined)
    }
  }
  if (!isFirst) throw usedAlready()
}

function pending(why: string): OAuthError {
  return new OAuthError('authorization_pending', why)
}

function usedAlready(): OAuthError {
  return new OAuthError('invalid_grant', 'The device_code has already been used')
}
