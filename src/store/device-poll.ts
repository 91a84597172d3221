/** What a poll makes of a device authorization (RFC 8628 §3.5): the rule that every store keeps. */

import type { DeviceAuthorization, DevicePoll, DevicePollRules } from './device-authorization-store.ts'

/**
 * Once it is decided no poll comes too fast: there is nothing to wait for.
 *
 * @param now The moment of the poll by the store's clock.
 */
export function pollOf(
  device: DeviceAuthorization,
  now: number,
  { slowDownMs }: DevicePollRules,
): DevicePoll {
  const { status, expiresAt, polledAt, intervalMs } = device
  const tooFast = status === 'pending' && polledAt !== null && now < polledAt + intervalMs
  return {
    device: { ...device, polledAt: now, intervalMs: tooFast ? intervalMs + slowDownMs : intervalMs },
    expired: expiresAt <= now,
    tooFast,
  }
}
