/** The mark by which every copy of the package recognizes its hooks. */

/** A hook as Fastify and wrappers see it: a function. */
export type AnyHook = (...args: never[]) => unknown

/** The mark of a hook of the package. */
export interface HookMark {
  /** How the host wrote it: `verifyApiToken`, or `requireScopes('admin')`. */
  readonly label: string
  /** The scopes that it requires; an empty list requires a token only. */
  readonly scopes: readonly string[]
}

/** From the global symbol registry, so that two copies of the package in one process share it. */
const MARK = Symbol.for('fastify-api-tokens.hook')
/** How many nested wrappers are followed. */
const MAX_WRAPPERS = 10

interface Marked {
  readonly [MARK]?: HookMark
  /** The property in which `shimmer` and OpenTelemetry instrumentations store the wrapped function. */
  readonly __original?: unknown
}

/**
 * Marks a hook and replaces its `bind`, because Fastify calls a bound copy of each hook, which must be marked too. Both
 * members are enumerable, so that wrappers that copy the members of a function are marked too.
 */
export function markHook<Hook extends AnyHook>(hook: Hook, mark: HookMark, bind: AnyHook): Hook {
  return Object.defineProperties(hook, {
    [MARK]: { value: mark, enumerable: true, configurable: true },
    bind: { value: bind, enumerable: true, configurable: true, writable: true },
  })
}

/** The mark of a hook, also of a bound or wrapped hook if the wrapper exposes the original. */
export function markOf(hook: unknown): HookMark | undefined {
  let wrapped = hook
  for (let depth = 0; depth < MAX_WRAPPERS && typeof wrapped === 'function'; depth += 1) {
    // The symbol is ours, and `__original` of a function is only set by wrappers.
    const { [MARK]: mark, __original: original } = wrapped as Marked
    if (mark !== undefined) return mark
    wrapped = original
  }
  return undefined
}
