/** Records which hooks of the package were bound to which Fastify instance while an application boots. */

import { getCallSites } from 'node:util'
import type { FastifyInstance } from 'fastify'
import { applicationOf, isFastify, isStarted } from './fastify-internals.ts'
import { type AnyHook, type HookMark, markHook, markOf } from './hook-mark.ts'
import { pluginOf } from './registered-plugin.ts'

export interface Binding {
  readonly instance: FastifyInstance
  /** What was bound: a hook, or a bound copy of one. */
  readonly source: AnyHook
  readonly bound: AnyHook
  readonly mark: HookMark
  /** The only position at which `addHook` itself binds a hook. */
  readonly position: 'onClose' | undefined
  /**
   * The same object for all bindings of one synchronous run. Fastify binds the hooks of all routes in one run, after
   * all plugins have loaded. A function such as `app.auth`, which calls hooks itself, binds them earlier.
   */
  readonly run: object
}

/** Stored on the application, so that every copy of the package finds it and it is collected with the application. */
const BINDINGS = Symbol.for('fastify-api-tokens.hook-bindings')

interface Application extends FastifyInstance {
  [BINDINGS]?: Binding[]
}

/** Hooks of this copy of the package that were bound while an application booted. */
const boundHooks = new WeakSet<AnyHook>()

/** Whether a hook was bound, also after another plugin instance has dropped the bindings. */
export function wasBound(hook: AnyHook): boolean {
  return boundHooks.has(hook)
}

/** The `bind` of every hook. `this` may also be a wrapper that copied the members of a hook; then the wrapper is bound. */
export function bindHook(this: AnyHook, instance: unknown, ...args: unknown[]): AnyHook {
  const bound: AnyHook = Reflect.apply(Function.prototype.bind, this, [instance, ...args])
  const mark = markOf(this)
  if (mark === undefined) return bound
  markHook(bound, mark, bindHook)
  // A hook that is bound per request is not recorded: the list would grow.
  if (isFastify(instance) && !isStarted(instance)) note(instance, this, bound, mark)
  return bound
}

/** The bindings of the whole application that an instance belongs to. */
export function bindingsOf(instance: FastifyInstance): Binding[] {
  const application: Application = applicationOf(instance)
  if (application[BINDINGS] === undefined)
    Object.defineProperty(application, BINDINGS, { value: [], writable: true })
  return application[BINDINGS] ?? []
}

/** Releases the bindings after the check. */
export function dropBindings(instance: FastifyInstance): void {
  bindingsOf(instance).length = 0
}

function note(instance: FastifyInstance, source: AnyHook, bound: AnyHook, mark: HookMark): void {
  boundHooks.add(source)
  pluginOf(instance)?.addScopes(mark.scopes)
  const position = isCalledByAddHook() ? 'onClose' : undefined
  bindingsOf(instance).push({ instance, source, bound, mark, position, run: currentRun() })
}

/** Fastify's `addHook` binds only `onClose` hooks. The call stack is the only way to recognize that. */
function isCalledByAddHook(): boolean {
  return getCallSites(5).some(({ functionName }) => functionName === 'addHook')
}

let run: object | undefined

function currentRun(): object {
  if (run === undefined) {
    run = {}
    queueMicrotask(() => {
      run = undefined
    })
  }
  return run
}
