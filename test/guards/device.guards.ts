/** The checks of `src/oauth/device/` that hold what RFC 8628 demands. */

import type { Guard } from './guard.ts'

const flow = ['test/oauth/device-authorization.test.ts']
const page = ['test/oauth/device-page.test.ts']
const contract = ['test/store/sqlite-token-store.test.ts']

export const deviceGuards: readonly Guard[] = [
  {
    name: 'device: a client uses the grant that it is listed for',
    file: 'src/oauth/device/start-device.ts',
    remove: '!client.grantTypes.includes(DEVICE_CODE)',
    put: 'client.grantTypes.length > 99',
    tests: flow,
  },
  {
    name: 'device: a code is of one client',
    file: 'src/store/kysely/queries/devices.ts',
    remove: "\n      .where('client_id', '=', clientId)",
    put: '',
    tests: contract,
  },
  {
    name: 'device: one decision',
    file: 'src/store/kysely/queries/devices.ts',
    remove: "\n    .where('status', '=', from)",
    put: '',
    tests: contract,
  },
  {
    name: 'device: nothing is decided after the end',
    file: 'src/store/kysely/queries/devices.ts',
    remove: "    .where('status', '=', from)\n    .where('expires_at', '>', traits.now)",
    put: "    .where('status', '=', from)",
    tests: contract,
  },
  {
    name: 'device: a poll that comes too fast makes the interval longer',
    file: 'src/store/device-poll.ts',
    remove: 'tooFast ? intervalMs + slowDownMs : intervalMs',
    put: 'intervalMs',
    tests: contract,
  },
  {
    name: 'device: what is not approved is no token',
    file: 'src/oauth/device/device-grant.ts',
    remove: "  if (status === 'denied') throw new OAuthError('access_denied', 'The user has refused')\n",
    put: '',
    tests: flow,
  },
  {
    name: 'device: what has expired is no token',
    file: 'src/oauth/device/device-grant.ts',
    remove: 'if (expired) throw',
    put: 'if (expired && tooFast) throw',
    tests: flow,
  },
  {
    name: 'device: one token for a code',
    file: 'src/oauth/device/device-grant.ts',
    remove:
      "  if (!(await store.acquireLease({ ...lease, ms: ISSUE_MS }))) throw pending('The token is being issued')\n",
    put: '',
    tests: flow,
  },
  {
    name: 'device, promise 8: what was approved is cut to what the owner has when the token is issued',
    file: 'src/lifecycle/issue-token.ts',
    remove: 'const scopes = catalogue.grantable(wanted, request.grantable, owner.scopes)',
    put: 'const scopes = catalogue.grantable(wanted, request.grantable)',
    tests: flow,
  },
  {
    name: 'device, promise 2: the short code is digested by a secret',
    file: 'src/oauth/device/device-codes.ts',
    remove: "return createHmac('sha256', secret).update(code).digest('base64url')",
    put: "return hash('sha256', code + secret.length * 0, 'base64url')",
    tests: flow,
  },
  {
    name: 'device: another site decides nothing',
    file: 'src/oauth/device/device-page.ts',
    remove: '    requireSameSite(request, trustedOrigins)\n',
    put: '',
    tests: page,
  },
  {
    name: 'device: an API token decides nothing',
    file: 'src/oauth/device/device-page.ts',
    remove: '    refuseApiToken(request, lifecycle.tokenPrefixes)\n',
    put: '',
    tests: page,
  },
  {
    name: 'device: opening the page does not approve a request',
    file: 'src/oauth/device/device-page.ts',
    remove: '  if (decision === undefined) return { status: 200, html: consentPage(consent) }\n',
    put: '',
    tests: page,
  },
  {
    name: 'device, promise 8: a user approves what is theirs to grant',
    file: 'src/oauth/device/device-page.ts',
    remove: 'const entries = lifecycle.catalogue.entries(user.scopes)',
    put: 'const entries = lifecycle.catalogue.entries()',
    tests: page,
  },
  {
    name: 'device, promise 9: a deactivated user approves nothing',
    file: 'src/oauth/device/device-page.ts',
    remove: "  if (owner !== null && owner.status !== 'active') throw new UserInactive()\n",
    put: '',
    tests: page,
  },
  {
    name: 'device: wrong codes are counted',
    file: 'src/oauth/device/device-page.ts',
    remove: '  if (guess === null) {',
    put: '  if (guess === undefined) {',
    tests: page,
  },
  {
    name: 'device: whose names are text',
    file: 'src/oauth/device/device-html.ts',
    remove: 'escapeHtml(clientName)',
    put: 'clientName',
    tests: page,
  },
  {
    name: 'device: a client has so many pending authorizations, in a database',
    file: 'src/store/kysely/queries/devices.ts',
    remove:
      "    if ((await countPending(transaction, device.clientId, maxPending)) >= maxPending) return 'limit_reached'\n",
    put: '',
    tests: contract,
  },
  {
    name: 'device: starts of a client at once are counted one after another',
    file: 'src/store/kysely/queries/devices.ts',
    remove: '    await lockStartsOf(transaction, device.clientId)\n',
    put: '',
    tests: ['test/store/postgres-token-store.test.ts'],
  },
  {
    name: 'device: a client has so many pending authorizations, in memory',
    file: 'src/store/memory/memory-devices.ts',
    remove: "    if (this.#countPending(device.clientId, now) >= maxPending) return 'limit_reached'\n",
    put: '',
    tests: ['test/store/memory-token-store.test.ts'],
  },
  {
    name: 'device: a client with too many pending authorizations gets an error',
    file: 'src/oauth/device/start-device.ts',
    remove: "  if (outcome === 'limit_reached') throw tooManyPending()\n",
    put: '',
    tests: flow,
  },
  {
    name: 'device: polls are compared by the clock of the store',
    file: 'src/store/kysely/queries/devices.ts',
    remove: 'pollOf(deviceFromRow(row), Number(row.now), rules)',
    put: 'pollOf(deviceFromRow(row), 0 * Number(row.now), rules)',
    tests: contract,
  },
  {
    name: 'device: a token got by codes ends',
    file: 'src/oauth/device/device-grant.ts',
    remove: 'name: name ?? clientName, scopes, expiresIn }',
    put: 'name: name ?? clientName, scopes }',
    tests: flow,
  },
  {
    name: 'device: what has expired is pruned ten minutes later',
    file: 'src/jobs/sweeper.ts',
    remove: 'const DEVICE_MEMORY_MS = 10 * 60 * 1000',
    put: 'const DEVICE_MEMORY_MS = 60 * 60 * 1000',
    tests: ['test/jobs/sweeper.test.ts'],
  },
  {
    name: 'device: the page is an own route of the plugin',
    file: 'src/oauth/device/device-page.ts',
    remove: '  markOwnScope(scope)\n',
    put: '',
    tests: page,
  },
  {
    name: 'device, promise 9: an approval ends with all tokens of its user',
    file: 'src/oauth/device/device-grant.ts',
    remove: 'await requireSameGeneration(lifecycle, device, userId)',
    put: '',
    tests: ['test/oauth/device-authorization.test.ts'],
  },
]
