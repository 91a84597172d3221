/** Starts a device authorization: issues a user code and a device code (RFC 8628 §3.1 and §3.2). */

import type { Context } from '../../lifecycle/context.ts'
import { devicesOf } from '../../store/devices-of.ts'
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
export interface DeviceResponse {
  readonly device_code: string
  readonly user_code: string
  readonly verification_uri: string
  readonly verification_uri_complete: string
  /** Seconds. */
  readonly expires_in: number
  /** Seconds. */
  readonly interval: number
}

/** By then some of the pending authorizations are decided or expired. */
const RETRY_AFTER_SECONDS = 60

/**
 * @throws {OAuthError} `unauthorized_client`, `invalid_scope`, `invalid_request` for an invalid name, or
 * `temporarily_unavailable` for a client with too many pending authorizations.
 * @throws {StoreUnavailable} If the store is unavailable.
 */
export async function startDevice(
  { settings, endpoints, lifecycle }: StartDeviceDeps,
  client: ClientSettings,
  form: Form,
): Promise<DeviceResponse> {
  if (!client.grantTypes.includes(DEVICE_CODE)) {
    throw new OAuthError('unauthorized_client', `grant_types of this client does not list ${DEVICE_CODE}`)
  }
  const scopes = knownScopes(lifecycle, requestedScopes(form))
  const name = wantedName(form)
  const [deviceCode, userCode] = [newDeviceCode(), newUserCode()]
  const outcome = await devicesOf(lifecycle.store).insert(
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
 * RFC 8628 §3.2 uses the errors of RFC 6749, where `temporarily_unavailable` means an overload. The status 429 says that
 * the client itself is the cause.
 */
function tooManyPending(): OAuthError {
  return new OAuthError('temporarily_unavailable', 'Too many authorizations of this client are pending', {
    status: 429,
    headers: { 'retry-after': String(RETRY_AFTER_SECONDS) },
  })
}

/** RFC 6749 §3.3: the requested scopes that exist. What the user may grant is checked when the user approves. */
function knownScopes({ catalogue }: Context, wanted: readonly string[]): readonly string[] {
  const known = new Set(catalogue.entries().map(({ name }) => name))
  const scopes = wanted.filter((name) => known.has(name))
  if (wanted.length > 0 && scopes.length === 0) {
    throw new OAuthError('invalid_scope', 'None of these scopes exists')
  }
  return scopes
}

/** `name` is not a parameter of RFC 8628: with it a program proposes a name for the token. */
function wantedName(form: Form): string | null {
  const name = parameter(form, 'name')
  if (name === undefined) return null
  const fault = nameFault(name)
  if (fault !== undefined) throw new OAuthError('invalid_request', `name ${fault}`)
  return name
}
