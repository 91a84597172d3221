/** The checks that hold the limits of a token: metadata, addresses and rate. */

import type { Guard } from './guard.ts'

const GIVEN = ['test/lifecycle/token-limits.test.ts']
const metadata = { file: 'src/lifecycle/metadata.ts', tests: GIVEN }
const given = { file: 'src/lifecycle/token-limits.ts', tests: GIVEN }
const ranges = { file: 'src/verification/address-ranges.ts', tests: GIVEN }
const update = { file: 'src/lifecycle/update-token.ts', tests: GIVEN }

const ADDRESSES = ['test/verification/allowed-addresses.test.ts']
const RATE = ['test/http/token-rate-limit.test.ts']
const verification = { file: 'src/verification/verification.ts', tests: ADDRESSES }

export const limitsGuards: readonly Guard[] = [
  {
    ...metadata,
    name: 'limits: metadata is bounded in bytes',
    remove: 'if (Buffer.byteLength(JSON.stringify(metadata)) > MAX_METADATA_BYTES) throw tooLarge()',
    put: 'if (JSON.stringify(metadata).length > MAX_METADATA_BYTES) throw tooLarge()',
  },
  {
    ...metadata,
    name: 'limits: the depth of metadata is bounded, also of a circular one',
    remove: '  allowance.levels -= 1\n',
    put: '',
  },
  {
    ...metadata,
    name: 'limits: an array with holes or members is not metadata',
    remove: 'if (Reflect.ownKeys(list).length !== list.length + 1) throw noJson(path)',
    put: '',
  },
  {
    ...metadata,
    name: 'limits: an instance of a class is not metadata',
    remove: 'if (!isPlain(value)) throw noJson(path)',
    put: '',
  },
  {
    ...metadata,
    name: 'limits: metadata has no __proto__',
    remove: " || name === '__proto__'",
    put: '',
  },
  {
    ...metadata,
    name: 'limits: metadata is frozen',
    remove: 'return Object.freeze(copy)',
    put: 'return copy',
  },
  {
    ...given,
    name: 'limits: an empty list of addresses is refused',
    remove: 'list.length < 1 || ',
    put: '',
  },
  {
    ...given,
    name: 'limits: the list of addresses is bounded',
    remove: ' || list.length > MAX_RANGES)',
    put: ')',
  },
  {
    ...given,
    name: 'limits: the rate is bounded',
    remove: ' && max >= 1 && max <= MAX_REQUESTS) return max',
    put: ') return max',
  },
  {
    ...given,
    name: 'limits: the time window is bounded',
    remove: ' && ms >= SECOND_MS && ms <= DAY_MS && ms % SECOND_MS === 0) return ms',
    put: ') return ms',
  },
  {
    ...ranges,
    name: 'limits: shortened and octal addresses are refused in a list',
    remove: "more.length > 0 || isIP(given) === 0 || given.includes('%')",
    put: 'more.length > 0 || !/^[\\da-f.:]+$/i.test(given)',
  },
  {
    ...ranges,
    name: 'limits: a zone in a list is refused',
    remove: " || given.includes('%'))",
    put: ')',
  },
  {
    ...ranges,
    name: 'limits: bits after the prefix are refused',
    remove: '  requireNoHostBits(address, bits)\n',
    put: '',
  },
  {
    ...ranges,
    name: 'limits: an IPv4-mapped range is one of IPv4',
    remove: ' ? [address, bits] : [ipv4, bits - 96]',
    put: ' ? [address, bits] : [address, bits]',
  },
  {
    name: 'promise 4: a changed list of addresses fires the signals of open requests',
    file: 'src/verification/token-signals.ts',
    remove: 'if (addresses.include(ip)) continue',
    put: 'if (addresses !== undefined) continue',
    tests: ['test/verification/allowed-addresses.test.ts'],
  },
  {
    ...update,
    name: 'promise 16: a row that was changed by SQL gets no new seal',
    remove: 'if (!signer.isSealed(token)) {',
    put: 'if (seal === previousSeal) {',
    tests: ['test/verification/sealed-rows.test.ts'],
  },
  {
    ...update,
    name: 'limits: a change of limits is tried three times',
    remove: 'tries < MAX_TRIES',
    put: 'tries < 1',
  },
  {
    ...verification,
    name: 'limits: a token is refused from another address',
    remove: 'if (entry.limits !== null && !isAllowedFrom(source, entry.limits)) return refusedAddress(entry)',
    put: '',
  },
  {
    ...verification,
    name: 'limits: an inspection of a cached token with addresses refuses it',
    remove: 'return take(this.#counted(cached, now, NO_ADDRESS, false))',
    put: 'return take(cached)',
  },
  {
    ...verification,
    name: 'limits: an inspection of a token with addresses refuses it',
    remove: "this.#load(new CacheMiss(credential, digest), 'inspection', NO_ADDRESS, take)",
    put: "this.#load(new CacheMiss(credential, digest), 'inspection', { ip: '127.0.0.1' }, take)",
  },
  {
    ...verification,
    name: 'limits: a use from another address ends no predecessor',
    remove: 'return isAllowedFrom(source, entryLimits(token)) ? token.predecessorId : null',
    put: 'return isAllowedFrom(source, null) ? token.predecessorId : null',
  },
  {
    file: 'src/verification/allowed-addresses.ts',
    name: 'limits: no address is refused',
    remove: 'if (address === undefined) return false',
    put: 'if (address === undefined) return true',
    tests: ADDRESSES,
  },
  {
    file: 'src/verification/allowed-addresses.ts',
    name: 'limits: the stored result is that of the same address',
    remove: '      this.#address = address\n',
    put: '      this.#address ??= address\n',
    tests: ADDRESSES,
  },
  {
    ...ranges,
    name: 'limits: shortened and octal addresses are no addresses',
    remove: '  if (isIP(text) === 0) return undefined\n',
    put: '',
    tests: ADDRESSES,
  },
  {
    ...ranges,
    name: 'limits: an IPv4-mapped address counts as IPv4',
    remove: 'return asIpv4(parsed(address))',
    put: 'return parsed(address)',
    tests: ADDRESSES,
  },
  {
    ...ranges,
    name: 'limits: the zone of an address is ignored',
    remove: "text.split('%')",
    put: "text.split(' ')",
    tests: ADDRESSES,
  },
  {
    ...ranges,
    name: 'limits: an IPv4-compatible address is not IPv4-mapped',
    remove: ".replace(/^::(?=[\\d.]+$)/, '0::')",
    put: '',
    tests: ADDRESSES,
  },
  {
    file: 'src/verification/entry-limits.ts',
    name: 'limits: the metadata of a request is frozen in depth',
    remove: 'for (const member of Object.values(value)) frozen(member as JsonValue)',
    put: '',
    tests: ADDRESSES,
  },
  {
    file: 'src/oauth/introspect-token.ts',
    name: 'limits: an introspection that counts refuses a cached token with addresses',
    remove: 'verification.getAndCount(credential, now, NO_ADDRESS)',
    put: "verification.getAndCount(credential, now, { ip: '127.0.0.1' })",
    tests: ADDRESSES,
  },
  {
    file: 'src/lifecycle/code-arguments.ts',
    name: 'limits: the ip of verify is an address',
    remove: "typeof value === 'string' && isIP(value) !== 0 ? undefined",
    put: "typeof value === 'string' ? undefined",
    tests: ADDRESSES,
  },
  {
    file: 'src/http/token-rate-limit.ts',
    name: 'limits: a token has a counter of its own',
    remove: 'id === undefined ? addressKey(ip)',
    put: 'id !== null ? addressKey(ip)',
    tests: RATE,
  },
  {
    file: 'src/http/token-rate-limit.ts',
    name: 'limits: a token has its own maximum',
    remove: 'apiToken?.rateLimit?.max ?? max',
    put: 'apiToken === null ? max : max',
    tests: RATE,
  },
  {
    file: 'src/http/token-rate-limit.ts',
    name: 'limits: a token has its own window',
    remove: 'apiToken?.rateLimit?.timeWindow ?? windowMs',
    put: 'apiToken === null ? windowMs : windowMs',
    tests: RATE,
  },
  {
    file: 'src/http/token-rate-limit.ts',
    name: 'limits: the limiter runs after the hooks',
    remove: "    hook: 'preHandler',",
    put: '',
    tests: RATE,
  },
  {
    ...ranges,
    name: 'limits: IPv6 clients are counted by their network',
    remove: '`${address}/64`',
    put: '`${address}/128`',
    tests: RATE,
  },
]
