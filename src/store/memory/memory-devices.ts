/** Device authorizations in a memory store. */

import type { Clock } from '../../clock.ts'
import type {
  DeviceAuthorization,
  DeviceAuthorizationStore,
  DeviceDecision,
  DeviceInsertOutcome,
  DeviceInsertRules,
  DevicePoll,
  DevicePollRules,
  NewDeviceAuthorization,
} from '../device-authorization-store.ts'
import { pollOf } from '../device-poll.ts'

export class MemoryDevices implements DeviceAuthorizationStore {
  readonly #clock: Clock
  readonly #devices = new Map<string, DeviceAuthorization>()
  /** From the digest of a user code to that of its device code. */
  readonly #byUserDigest = new Map<string, string>()

  constructor(clock: Clock) {
    this.#clock = clock
  }

  async insert(
    { lifetimeMs, ...device }: NewDeviceAuthorization,
    { maxPending }: DeviceInsertRules,
  ): Promise<DeviceInsertOutcome> {
    if (this.#devices.has(device.deviceDigest) || this.#byUserDigest.has(device.userDigest)) {
      throw new Error('there is a device authorization with this code already')
    }
    const now = this.#clock.now()
    if (this.#countPending(device.clientId, now) >= maxPending) return 'limit_reached'
    const undecided = { status: 'pending', userId: null, generation: null } as const
    this.#put({ ...device, ...undecided, expiresAt: now + lifetimeMs, polledAt: null })
    this.#byUserDigest.set(device.userDigest, device.deviceDigest)
    return 'inserted'
  }

  async find(userDigests: readonly string[]): Promise<DeviceAuthorization | null> {
    const now = this.#clock.now()
    for (const userDigest of userDigests) {
      const found = this.#devices.get(this.#byUserDigest.get(userDigest) ?? '')
      if (found !== undefined && found.expiresAt > now) return found
    }
    return null
  }

  async decide(deviceDigest: string, decision: DeviceDecision): Promise<boolean> {
    return this.#move(deviceDigest, 'pending', decision)
  }

  async poll(deviceDigest: string, clientId: string, rules: DevicePollRules): Promise<DevicePoll | null> {
    const device = this.#devices.get(deviceDigest)
    if (device?.clientId !== clientId) return null
    const poll = pollOf(device, this.#clock.now(), rules)
    this.#put(poll.device)
    return poll
  }

  async redeem(deviceDigest: string): Promise<boolean> {
    return this.#move(deviceDigest, 'approved', { status: 'redeemed' })
  }

  async prune(expiredForMs: number, limit: number): Promise<number> {
    const expiredBefore = this.#clock.now() - expiredForMs
    let pruned = 0
    for (const { deviceDigest, userDigest, expiresAt } of this.#devices.values()) {
      if (pruned === limit) break
      if (expiresAt > expiredBefore) continue
      this.#devices.delete(deviceDigest)
      this.#byUserDigest.delete(userDigest)
      pruned += 1
    }
    return pruned
  }

  #countPending(clientId: string, now: number): number {
    let pending = 0
    for (const device of this.#devices.values()) {
      if (device.clientId === clientId && device.status === 'pending' && device.expiresAt > now) pending += 1
    }
    return pending
  }

  #move(
    deviceDigest: string,
    from: DeviceAuthorization['status'],
    change: Partial<DeviceAuthorization>,
  ): boolean {
    const device = this.#devices.get(deviceDigest)
    if (device?.status !== from || device.expiresAt <= this.#clock.now()) return false
    this.#put({ ...device, ...change })
    return true
  }

  #put(device: DeviceAuthorization): void {
    this.#devices.set(device.deviceDigest, device)
  }
}
