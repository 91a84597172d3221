/** Starts a device authorization (RFC 8628 §3.1 and §3.2): what a program shows to its user, and what it polls with. */

import type { Context } from '../../lifecycle/context.ts'
import { nameFault } from '../../token/text.ts'
import type { ClientSettings } from '../clients/client-settings.ts'
import type { Endpoints } from '../endpoints.ts'
import { type Form, parameter } from '../form-body.ts'
import { DEVICE_CODE } from '../grant-types.ts'
import { OAuthError } from '../oauth-error.ts'
import { requestedScopes } from '../requested-scopes.ts'
import { deviceDigestOf, formatUserCode, newDeviceCode, newUserCode, userDigestOf } from './device-codes.ts'
import type { DeviceSettings } from './device-settings.ts'

export interface StartDeviceDeps {
  readonly settings: DeviceSettings
  readonly endpoints: Endpoints
  readonly lifecycle: Context
}

/** RFC 8628 §3.2. */
export interface DeviceAnswer {
  readonly device_code: string
  readonly user_code: string
  readonly verification_uri: string
  readonly verification_uri_complete: string
  /** Seconds. */
  readonly expires_in: number
  /** Seconds. */
  readonly interval: number
}

/** When it may be worth trying again: some authorizations will have been decided, or have expired. */
const RETRY_AFTER_SECONDS = 60

/**
 * @throws {OAuthError} `unauthorized_client`, `invalid_scope`, `invalid_request` for a name that cannot be, or
 * `temporarily_unavailable` for a client with too many pending authorizations.
 * @throws {StoreUnavailable} When the store cannot keep it.
 */
export async function startDevice(
  { settings, endpoints, lifecycle }: StartDeviceDeps,
  client: ClientSettings,
  form: Form,
): Promise<DeviceAnswer> {
  if (!client.grantTypes.includes(DEVICE_CODE)) {
    throw new OAuthError('unauthorized_client', `grant_types of this client does not list ${DEVICE_CODE}`)
  }
  const scopes = knownScopes(lifecycle, requestedScopes(form))
  const name = wantedName(form)
  const [deviceCode, userCode] = [newDeviceCode(), newUserCode()]
  const outcome = await lifecycle.store.devices.insert(
    {
      deviceDigest: deviceDigestOf(deviceCode),
      userDigest: userDigestOf(userCode, lifecycle.signer.keys, lifecycle.clock.now()),
      clientId: client.clientId,
      name,
      scopes,
      lifetimeMs: settings.codesMs,
      intervalMs: settings.intervalMs,
    },
    { maxPending: settings.maxPending },
  )
  if (outcome === 'limit_reached') throw tooManyPending()
  const shown = formatUserCode(userCode)
  return {
    device_code: deviceCode,
    user_code: shown,
    verification_uri: endpoints.verification,
    verification_uri_complete: `${endpoints.verification}?user_code=${shown}`,
    expires_in: settings.codesMs / 1000,
    interval: settings.intervalMs / 1000,
  }
}

/**
 * RFC 8628 §3.2 leaves the errors to RFC 6749, whose `temporarily_unavailable` is that of an overload. The status says
 * that it is this client's own.
 */
function tooManyPending(): OAuthError {
  return new OAuthError('temporarily_unavailable', 'Too many authorizations of this client are pending', {
    status: 429,
    headers: { 'retry-after': String(RETRY_AFTER_SECONDS) },
  })
}

/** RFC 6749 §3.3: what is asked for, cut to what there is. What the user may grant is seen when there is a user. */
function knownScopes({ catalogue }: Context, wanted: readonly string[]): readonly string[] {
  const known = new Set(catalogue.entries().map(({ name }) => name))
  const scopes = wanted.filter((name) => known.has(name))
  if (wanted.length > 0 && scopes.length === 0) {
    throw new OAuthError('invalid_scope', 'There is none of these scopes')
  }
  return scopes
}

/** `name` is no parameter of RFC 8628: with it a program proposes what the token is called. */
function wantedName(form: Form): string | null {
  const name = parameter(form, 'name')
  if (name === undefined) return null
  const fault = nameFault(name)
  if (fault !== undefined) throw new OAuthError('invalid_request', `name ${fault}`)
  return name
}
