/**
 * Reads the internal members of Fastify that list added hooks and child instances. They are found by the description
 * of their symbols, never written, and read only while an application boots.
 */

import type { FastifyInstance } from 'fastify'

/** The functions that `addHook` added to one instance, by position. */
export type AddedHooks = Readonly<Record<string, readonly unknown[]>>

export function isFastify(value: unknown): value is FastifyInstance {
  return typeof value === 'object' && value !== null && 'addHook' in value && 'printRoutes' in value
}

/** The root instance. The prototype of a child instance is its parent. */
export function applicationOf(instance: FastifyInstance): FastifyInstance {
  let root = instance
  for (let parent: unknown = root; isFastify(parent); parent = Object.getPrototypeOf(parent)) root = parent
  return root
}

/** Whether an application has booted, so that hooks and routes can no longer be added. */
export function isStarted(instance: FastifyInstance): boolean {
  const state = memberOf(applicationOf(instance), 'fastify.state')
  return typeof state === 'object' && state !== null && 'started' in state && state.started === true
}

/** The instance and all below it. */
export function instancesFrom(instance: FastifyInstance): FastifyInstance[] {
  const children = memberOf(instance, 'fastify.children')
  return [instance, ...(Array.isArray(children) ? children.filter(isFastify).flatMap(instancesFrom) : [])]
}

/** The hooks that were added to an instance, inherited ones included; `undefined` when this Fastify hides them. */
export function addedHooks(instance: FastifyInstance): AddedHooks | undefined {
  const hooks = memberOf(instance, 'fastify.hooks')
  if (typeof hooks !== 'object' || hooks === null) return undefined
  return Object.fromEntries(Object.entries(hooks).filter(([, functions]) => Array.isArray(functions)))
}

function memberOf(instance: FastifyInstance, description: string): unknown {
  const symbol = Object.getOwnPropertySymbols(instance).find((one) => one.description === description)
  return symbol === undefined ? undefined : Reflect.get(instance, symbol)
}
