/** The mark on every hook of the package, by which this and any other copy of the package recognizes it. */

/** A hook as Fastify and wrappers see it: a function. */
export type AnyHook = (...args: never[]) => unknown

/** What is known of a hook of the package. */
export interface HookMark {
  /** How the host wrote it: `verifyApiToken`, or `requireScopes('admin')`. */
  readonly label: string
  /** The scopes that it requires; an empty list requires a token only. */
  readonly scopes: readonly string[]
}

/** Registered with the runtime, so that two copies of the package in one process share it. */
const MARK = Symbol.for('fastify-api-tokens.hook')
/** How deep wrappers are looked through. */
const MAX_WRAPPERS = 10

interface Marked {
  readonly [MARK]?: HookMark
  /** Where `shimmer` and the instrumentations that follow it keep the wrapped function. */
  readonly __original?: unknown
}

/**
 * Marks a hook, and gives it another `bind`: Fastify calls a bound copy of each hook, which must be marked as well. Both
 * members are enumerable, so that a wrapper that copies the members of the function it wraps is marked as well.
 */
export function markHook<Hook extends AnyHook>(hook: Hook, mark: HookMark, bind: AnyHook): Hook {
  return Object.defineProperties(hook, {
    [MARK]: { value: mark, enumerable: true, configurable: true },
    bind: { value: bind, enumerable: true, configurable: true, writable: true },
  })
}

/** The mark of a hook of the package, also of a bound or wrapped one where the wrapper shows what it wraps. */
export function markOf(hook: unknown): HookMark | undefined {
  let wrapped = hook
  for (let depth = 0; depth < MAX_WRAPPERS && typeof wrapped === 'function'; depth += 1) {
    // Nothing else uses this symbol or, for a function, the other name.
    const { [MARK]: mark, __original: original } = wrapped as Marked
    if (mark !== undefined) return mark
    wrapped = original
  }
  return undefined
}
