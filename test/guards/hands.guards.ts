/** The checks of what is at a host developer's hand: helpers for tests, the command, clients of Redis. */

import type { Guard } from './guard.ts'

const REDIS = 'src/invalidation/redis-pubsub.ts'
const CLIENTS = ['test/invalidation/redis-clients.test.ts']

export const handsGuards: readonly Guard[] = [
  {
    name: 'promise 16: the plugin for tests does not boot in production',
    file: 'src/testing/api-tokens-for-tests.ts',
    remove: "if (process.env['NODE_ENV']?.trim().toLowerCase() !== 'production') return",
    put: "if (process.env['NODE_ENV'] !== undefined) return",
    tests: ['test/testing/host-tests.test.ts'],
  },
  {
    name: 'promise 16: the plugin for tests refuses options that would have no effect',
    file: 'src/testing/api-tokens-for-tests.ts',
    remove: 'if (Reflect.get(options, name) !== undefined) {',
    put: 'if (Reflect.get(options, name) === name) {',
    tests: ['test/testing/host-tests.test.ts'],
  },
  {
    name: 'promise 16: an argument beyond the last parameter is refused',
    file: 'src/option-values.ts',
    remove: 'if (more.length > 0)',
    put: 'if (more.length > 9)',
    tests: ['test/host/factories.test.ts'],
  },
  {
    name: 'promise 16: exactly one of the address and the client of Redis is given',
    file: REDIS,
    remove: 'if ((url === undefined) === (client === undefined)) {',
    put: 'if (url === undefined && client === undefined) {',
    tests: CLIENTS,
  },
  {
    name: 'promise 16: a client of another package than ioredis is refused',
    file: REDIS,
    remove: 'if (!isClient(client)) {',
    put: 'if (client === undefined) {',
    tests: CLIENTS,
  },
  {
    name: 'promise 5: messages are published on the master, whatever the client of the host is for',
    file: REDIS,
    remove: "role: 'master',",
    put: '',
    tests: CLIENTS,
  },
  {
    name: 'promise 16: an option of the command that is given twice is refused',
    file: 'src/cli/arguments.ts',
    remove: 'if (given.has(token.name)) throw',
    put: 'if (given.size > 99) throw',
    tests: ['test/cli/keys-command.test.ts'],
  },
  {
    name: 'promise 16: an option that an action does not take is refused',
    file: 'src/cli/keys-command.ts',
    remove: 'const isTaken = value === undefined ||',
    put: 'const isTaken = value !== null ||',
    tests: ['test/cli/keys-command.test.ts'],
  },
  {
    name: 'promise 2: the key on the standard output is not written into a file as well',
    file: 'src/cli/keys-command.ts',
    remove: 'if (file === STDOUT) return print(',
    put: 'if (file === STDOUT) print(',
    tests: ['test/cli/keys-command.test.ts'],
  },
]
