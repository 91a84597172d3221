/** Device authorizations in a memory store. */

import type {
  DeviceAuthorization,
  DeviceAuthorizationStore,
  DeviceDecision,
  DevicePoll,
  DevicePollRules,
  NewDeviceAuthorization,
} from '../device-authorization-store.ts'
import { pollOf } from '../device-poll.ts'

export class MemoryDevices implements DeviceAuthorizationStore {
  readonly #devices = new Map<string, DeviceAuthorization>()

  async insert(device: NewDeviceAuthorization): Promise<void> {
    const taken = [...this.#devices.values()].some(
      ({ deviceDigest, userDigest }) =>
        deviceDigest === device.deviceDigest || userDigest === device.userDigest,
    )
    if (taken) throw new Error('there is a device authorization with this code already')
    this.#put({ ...device, status: 'pending', userId: null, polledAt: null })
  }

  async find(userDigests: readonly string[], now: number): Promise<DeviceAuthorization | null> {
    const found = [...this.#devices.values()].find(({ userDigest }) => userDigests.includes(userDigest))
    return found !== undefined && found.expiresAt > now ? found : null
  }

  async decide(deviceDigest: string, decision: DeviceDecision, now: number): Promise<boolean> {
    return this.#move(deviceDigest, 'pending', decision, now)
  }

  async poll(deviceDigest: string, clientId: string, rules: DevicePollRules): Promise<DevicePoll | null> {
    const device = this.#devices.get(deviceDigest)
    if (device?.clientId !== clientId) return null
    const poll = pollOf(device, rules)
    this.#put(poll.device)
    return poll
  }

  async redeem(deviceDigest: string, now: number): Promise<boolean> {
    return this.#move(deviceDigest, 'approved', { status: 'redeemed' }, now)
  }

  async prune(expiredBefore: number, limit: number): Promise<number> {
    const expired = [...this.#devices.values()]
      .filter(({ expiresAt }) => expiresAt < expiredBefore)
      .slice(0, limit)
    for (const { deviceDigest } of expired) this.#devices.delete(deviceDigest)
    return expired.length
  }

  #move(
    deviceDigest: string,
    from: DeviceAuthorization['status'],
    change: Partial<DeviceAuthorization>,
    now: number,
  ): boolean {
    const device = this.#devices.get(deviceDigest)
    if (device?.status !== from || device.expiresAt <= now) return false
    this.#put({ ...device, ...change })
    return true
  }

  #put(device: DeviceAuthorization): void {
    this.#devices.set(device.deviceDigest, device)
  }
}
