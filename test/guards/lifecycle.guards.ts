/** The checks of `src/lifecycle/` that hold the promises. */

import type { Guard } from './guard.ts'

export const lifecycleGuards: readonly Guard[] = [
  {
    name: "promise 8: another user's token cannot be read",
    file: 'src/lifecycle/get-token.ts',
    remove:
      'if (found === null || (userId !== undefined && found.token.userId !== userId)) throw new TokenNotFound()',
    put: 'if (found === null) throw new TokenNotFound()',
    tests: ['test/http/ownership.test.ts'],
  },
  {
    name: "promise 8: granted scopes never exceed the owner's",
    file: 'src/lifecycle/scope-catalogue.ts',
    remove: "if (withheld.length > 0) throw new ScopeNotGrantable(withheld.join(', '))",
    put: '',
    tests: ['test/http/issue-token.test.ts'],
  },
  {
    name: 'DELETE /tokens/current: a token that has ended is refused',
    file: 'src/lifecycle/find-revocable.ts',
    remove: "if (status === 'revoked' || status === 'expired') return { tokenId, userId, rejection: status }",
    put: '',
    tests: ['test/http/current-token.test.ts'],
  },
  {
    name: 'DELETE /tokens/current: an invalid signature costs no read',
    file: 'src/lifecycle/find-revocable.ts',
    remove: "if (signed === undefined) return { tokenId: null, userId: null, rejection: 'forged' }",
    put: "if (signed === undefined) return { tokenId: null, userId: null, rejection: (await context.store.isEmpty()) ? 'forged' : 'forged' }",
    tests: ['test/http/current-token.test.ts'],
  },
  {
    name: 'DELETE /tokens/current: an idle token may end itself',
    file: 'src/lifecycle/find-revocable.ts',
    remove: "if (status === 'revoked' || status === 'expired') return",
    put: "if (status !== 'active') return",
    tests: ['test/http/current-token.test.ts'],
  },
  {
    name: 'expiry: null is refused where every token expires',
    file: 'src/lifecycle/expiry-policy.ts',
    remove:
      "    if (maxMs === null) return null\n    throw new InvalidInput('expiresIn must not be null: every token expires')",
    put: '    return null',
    tests: ['test/http/issue-token.test.ts'],
  },
  {
    name: 'expiry: a lifetime outside the bounds is refused',
    file: 'src/lifecycle/expiry-policy.ts',
    remove: ' && ms >= minMs && ms <= max) return ms',
    put: ') return ms',
    tests: ['test/http/issue-token.test.ts'],
  },
  {
    name: 'expiry: a rotation carries over no more than max',
    file: 'src/lifecycle/rotate-token.ts',
    remove: ', maxMs ?? Infinity)',
    put: ', maxMs === null ? Infinity : Infinity)',
    tests: ['test/http/rotate-token.test.ts'],
  },
  {
    name: 'expiry: an option in milliseconds that were meant as seconds is refused',
    file: 'src/lifecycle/expiry-policy.ts',
    remove: 'if (ms % SECOND_MS === 0) return ms',
    put: 'if (ms >= 1) return ms',
    tests: ['test/host/options.test.ts'],
  },
  {
    name: 'expiry: the page gets max',
    file: 'src/http/wire.ts',
    remove: 'maximum: seconds(maxMs)',
    put: 'maximum: seconds(null)',
    tests: ['test/http/signed-in-user.test.ts'],
  },
  {
    name: 'promise 6: the idle warning begins as idleWarning says',
    file: 'src/token/status.ts',
    remove: 'end - idleWarningMs',
    put: 'end',
    tests: ['test/usage/idle-warning.test.ts'],
  },
  {
    name: 'events: the actor of a route is the signed-in user',
    file: 'src/http/signed-in-user.ts',
    remove: "return { kind: 'user', id: userOf(request).id, ip: addressOf(request) }",
    put: "return { kind: 'code', id: userOf(request).id, ip: null }",
    tests: ['test/host/event-actors.test.ts'],
  },
  {
    name: 'events: an invalid signature names no token',
    file: 'src/lifecycle/emit-rejected.ts',
    remove: "reason === 'forged' ? { tokenId: null, userId: null } : token",
    put: 'token',
    tests: ['test/host/event-actors.test.ts'],
  },
  {
    name: 'events: a refusal for missing scopes is emitted',
    file: 'src/http/request-check.ts',
    remove: '  reportRejection(deps, { reason, tokenId, userId }, request)\n',
    put: "  if (reason !== 'missing_scopes') reportRejection(deps, { reason, tokenId, userId }, request)\n",
    tests: ['test/host/event-actors.test.ts'],
  },
  {
    name: 'events: verify emits its refusals',
    file: 'src/lifecycle/code-api.ts',
    remove:
      'emitRejected(events, { reason, tokenId, userId }, { now: lifecycle.clock.now(), ip: source.ip ?? null })',
    put: '',
    tests: ['test/host/event-actors.test.ts'],
  },
  {
    name: 'events: a change of a user is emitted',
    file: 'src/lifecycle/change-owner.ts',
    remove: 'events.emitSafely(EVENTS[status], { at: new Date(now), by, reason: null, userId })',
    put: 'EVENTS[status].at(events.listenerCount(EVENTS[status]) + by.kind.length)',
    tests: ['test/host/event-actors.test.ts'],
  },
  {
    name: 'a reason for a revocation is one of the list',
    file: 'src/http/schemas.ts',
    remove: 'Type.Enum([...REVOCATION_REASONS], {',
    put: 'Type.String({',
    tests: ['test/http/revocation-reason.test.ts'],
  },
  {
    name: 'logTokenId: without it the loggers stay',
    file: 'src/http/request-check.ts',
    remove: 'if (deps.logsTokenIds && verification === null)',
    put: 'if (verification === null)',
    tests: ['test/http/log-token-id.test.ts'],
  },
  {
    name: 'logTokenId: one id in a line, with two hooks',
    file: 'src/http/request-check.ts',
    remove: 'if (verification?.entry !== entry) {',
    put: 'if (verification?.isAccepted !== false) {\n    if (deps.logsTokenIds) logTokenId(request, reply, entry.tokenId)',
    tests: ['test/http/log-token-id.test.ts'],
  },
  {
    name: 'a duration without a unit is refused',
    file: 'src/duration.ts',
    remove: '/[a-z]$/i.test(text) ? parse(text) : undefined',
    put: 'parse(text)',
    tests: ['test/host/code-arguments.test.ts'],
  },
]
