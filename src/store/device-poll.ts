/** The result of a poll of a device authorization (RFC 8628 §3.5), for all stores. */

import type { DeviceAuthorization, DevicePoll, DevicePollRules } from './device-authorization-store.ts'

/**
 * After the decision no poll is too fast.
 *
 * @param now The time of the poll by the store's clock.
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
