/** The checks of `src/plugin.ts` that hold the promises. */

import type { Guard } from './guard.ts'

export const pluginGuards: readonly Guard[] = [
  {
    name: 'promise 4: a change that ends a token fires its signal',
    file: 'src/instance.ts',
    remove: 'invalidations.subscribe((change) => signals.onInvalidate(change))',
    put: '',
    tests: ['test/verification/token-signal.test.ts'],
  },
  {
    name: 'promise 7: recorded use is written at close',
    file: 'src/timers.ts',
    remove: 'await recorder\n      .close()',
    put: 'await Promise.resolve()',
    tests: ['test/host/start-and-close.test.ts'],
  },
  {
    name: 'promise 13: management is off in the non-authenticated mode',
    file: 'src/plugin.ts',
    remove: 'throw new AuthenticationDisabled()',
    put: '',
    tests: ['test/host/non-authenticated-mode.test.ts'],
  },
  {
    name: 'promise 13: every route is open in the non-authenticated mode',
    file: 'src/plugin.ts',
    remove: "if (settings.authentication === 'none')",
    put: "if (settings.authentication === ('no' as string))",
    tests: ['test/host/non-authenticated-mode.test.ts'],
  },
  {
    name: 'promise 8: an invalid user id does not reach all users',
    file: 'src/lifecycle/code-arguments.ts',
    remove: "if (Object.hasOwn(given, 'userId') || names.length === 0)",
    put: 'if (names.length < 0)',
    tests: ['test/host/code-arguments.test.ts', 'test/host/code-api.test.ts'],
  },
  {
    name: 'an error that nothing caught fails its test file',
    file: 'test/support/fail-on-uncaught.ts',
    remove: '    process.exitCode = 1\n',
    put: '',
    tests: ['test/support/fail-on-uncaught.test.ts'],
  },
]
