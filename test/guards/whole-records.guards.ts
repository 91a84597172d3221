/** The checks in the functions for stores that write whole records. */

import type { Guard } from './guard.ts'

const tests = ['test/store/memory-token-store.test.ts']

export const wholeRecordGuards: readonly Guard[] = [
  {
    name: 'promise 8: checkChange does not find the token of another user',
    file: 'src/store/check-change.ts',
    remove: "  if (userId !== undefined && token.userId !== userId) return { outcome: 'not_found' }\n",
    put: '',
    tests,
  },
  {
    name: 'promise 9: checkChange requires an active owner',
    file: 'src/store/check-change.ts',
    remove: "if (requiresActiveOwner && owner?.status !== 'active')",
    put: "if (requiresActiveOwner && owner?.status === 'removed')",
    tests,
  },
  {
    name: 'promise 9: withOwnerStatus raises the generation at a removal',
    file: 'src/store/stored-owner.ts',
    remove: 'generation: owner.generation + 1, ',
    put: '',
    tests,
  },
  {
    name: 'promise 16: withPatch writes limits only over the seal that was read',
    file: 'src/store/changed-record.ts',
    remove: '  if (limits !== undefined && limits.previousSeal !== token.seal) return null\n',
    put: '',
    tests,
  },
  {
    name: 'promise 9: roomFor gives an inactive owner no token',
    file: 'src/store/token-end.ts',
    remove: "  if (owner.status !== 'active') return { outcome: 'owner_inactive' }\n",
    put: '',
    tests: ['test/store/whole-records.test.ts'],
  },
  {
    name: 'promise 15: roomFor counts the tokens that have not ended',
    file: 'src/store/token-end.ts',
    remove: 'if (tokens.length - ended.length >= maxTokens)',
    put: 'if (tokens.length - ended.length > maxTokens)',
    tests: ['test/store/whole-records.test.ts'],
  },
  {
    name: 'promise 15: what ended of late is not deleted by a store of whole records',
    file: 'src/store/token-end.ts',
    remove: 'end < deletableBefore',
    put: 'end < Infinity',
    tests,
  },
  {
    name: 'promise 15: pageOf ends a page with a filter after maxRows tokens',
    file: 'src/store/owner-page.ts',
    remove: 'limit: isFiltered ? maxRows : limit + 1',
    put: 'limit: isFiltered ? 1_000_000 : limit + 1',
    tests,
  },
  {
    name: 'promise 15: pageOf cuts a stretch that a cursor makes longer',
    file: 'src/store/owner-page.ts',
    remove: 'from, limit: maxRows })\n  const direction',
    put: 'from, limit: 1_000_000 })\n  const direction',
    tests,
  },
  {
    name: 'promise 15: pageOf counts at most maxRows tokens',
    file: 'src/store/owner-page.ts',
    remove: 'rows.length > maxRows ? null',
    put: 'rows.length < 0 ? null',
    tests,
  },
  {
    name: 'promise 7: withUse moves the idle timeout forward only',
    file: 'src/store/changed-record.ts',
    remove: 'idleFrom: Math.max(token.idleFrom, use.lastUsedAt)',
    put: 'idleFrom: use.lastUsedAt',
    tests,
  },
  {
    name: 'promise 7: withUse reactivates a token only if it is marked idle',
    file: 'src/store/changed-record.ts',
    remove: "token.status === 'inactive' && token.statusReason === 'idle'",
    put: "token.status === 'inactive'",
    tests,
  },
  {
    name: 'withoutSuccessor restores nothing after the grace period',
    file: 'src/store/changed-record.ts',
    remove: '  if (!undoesRotation && (predecessor.graceEndsAt ?? 0) <= now) return null\n',
    put: '',
    tests,
  },
]
