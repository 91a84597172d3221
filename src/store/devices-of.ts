/** Device authorizations are an optional member of a store. */

import { InvalidOption } from '../errors.ts'
import type { DeviceAuthorizationStore } from './device-authorization-store.ts'
import type { TokenStore } from './token-store.ts'

/** @throws {InvalidOption} For a store without them. */
export function devicesOf({ devices }: Pick<TokenStore, 'devices'>): DeviceAuthorizationStore {
  if (devices !== undefined) return devices
  throw new InvalidOption('oauth.device requires a store with device authorizations: its devices is missing')
}
