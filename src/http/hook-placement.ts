/** Checks all hooks of the package in an application, after its plugins have loaded and before it is ready. */

import type { FastifyInstance } from 'fastify'
import { MisplacedHook } from '../errors.ts'
import { addedHooks, applicationOf, instancesFrom } from './fastify-internals.ts'
import { atPosition, HOOK_POSITIONS } from './hook.ts'
import { type Binding, bindingsOf, dropBindings, wasBound } from './hook-bindings.ts'
import { type AnyHook, markOf } from './hook-mark.ts'
import { pluginOf } from './registered-plugin.ts'
import { type ShownHook, shownHooks } from './shown-hooks.ts'

export interface CheckedHooks {
  /** Faults of hooks on routes that were declared after the plugin had loaded. */
  readonly faults: readonly string[]
  /** A function that the plugin itself added at `onError`. If it is missing, another plugin wraps hooks. */
  readonly ownErrorHook?: unknown
  /** A hook of one of the plugin's own routes, for the same purpose. */
  readonly ownRouteHook?: AnyHook | undefined
}

const INSTEAD = `use these hooks at ${HOOK_POSITIONS.join(', ')} only, and name their scopes in the option scopes`

/**
 * Adds the scopes of all hooks of the application to the catalogues, and finds hooks at positions where they cannot
 * refuse a request.
 *
 * @throws {MisplacedHook} Names the hook and its position.
 */
export function checkHookPlacement(
  fastify: FastifyInstance,
  { faults, ownErrorHook, ownRouteHook }: CheckedHooks,
): void {
  const application = applicationOf(fastify)
  const bindings = bindingsOf(application)
  const shown = shownHooks(
    application,
    bindings.map(({ bound }) => bound),
  )
  for (const { instance, mark } of bindings) pluginOf(instance)?.addScopes(mark.scopes)
  const fault = [...faults, ...faultsOfAdded(application), ...faultsOfBound(bindings, shown ?? [])][0]
  if (fault !== undefined) throw new MisplacedHook(fault)

  const { log } = fastify
  const hidden = shown === undefined ? [] : hiddenAmong(bindings, shown)
  if (hidden.length > 0) {
    log.warn(
      { hooks: hidden },
      `Hooks of API tokens are called by another function, such as app.auth, which hides their position: ${INSTEAD}`,
    )
  }
  const isWrapped =
    (ownErrorHook !== undefined && addedHooks(fastify)?.['onError']?.includes(ownErrorHook) !== true) ||
    (ownRouteHook !== undefined && !wasBound(ownRouteHook)) ||
    (shown === undefined && bindings.length > 0)
  if (isWrapped) {
    log.warn(
      `Another plugin hides or wraps hooks, as @fastify/otel does when it is registered first, so that hooks of API ` +
        `tokens cannot be checked and their routes do not name the security scheme: ${INSTEAD}`,
    )
  }
  dropBindings(application)
}

/** Hooks that `addHook` added, at all positions of all instances. */
function faultsOfAdded(application: FastifyInstance): string[] {
  return instancesFrom(application).flatMap((instance) =>
    Object.entries(addedHooks(instance) ?? {}).flatMap(([position, hooks]) => {
      const labels = hooks.flatMap((hook) => {
        const mark = markOf(hook)
        if (mark === undefined) return []
        pluginOf(instance)?.addScopes(mark.scopes)
        return [mark.label]
      })
      return HOOK_POSITIONS.includes(position) ? [] : labels.map((label) => atPosition(label, position))
    }),
  )
}

/** Hooks of routes that were declared before the plugin had loaded, and those at `onClose`. */
function faultsOfBound(bindings: readonly Binding[], shown: readonly ShownHook[]): string[] {
  const onClose = bindings.flatMap(({ mark, position }) =>
    position === undefined ? [] : [atPosition(mark.label, position)],
  )
  const onRoutes = shown.flatMap(({ bound, position, route }) => {
    const mark = markOf(bound)
    return mark === undefined || HOOK_POSITIONS.includes(position)
      ? []
      : [atPosition(mark.label, position, ` of ${route}`)]
  })
  return [...onClose, ...onRoutes]
}

/** Hooks that another plugin bound, in order to call them itself. */
function hiddenAmong(bindings: readonly Binding[], shown: readonly ShownHook[]): string[] {
  const ofRoutes = new Set(shown.map(({ bound }) => bound))
  const boundAgain = new Set(bindings.map(({ source }) => source))
  const fastifysRun = bindings.find(({ bound }) => ofRoutes.has(bound))?.run
  const hidden = bindings.filter(
    ({ bound, run }) =>
      !ofRoutes.has(bound) &&
      run !== fastifysRun &&
      // For example a hook of the 404 handler, which Fastify binds twice.
      !boundAgain.has(bound),
  )
  return [...new Set(hidden.map(({ mark }) => mark.label))]
}
