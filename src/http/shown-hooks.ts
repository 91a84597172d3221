/** Finds the bound hooks of each route with `app.printRoutes`. */

import type { FastifyInstance } from 'fastify'
import type { AnyHook } from './hook-mark.ts'

export interface ShownHook {
  readonly bound: AnyHook
  readonly position: string
  /** Such as `/v1/models (GET, HEAD)`. */
  readonly route: string
}

/**
 * Finds bound hooks among the routes. Fastify prints only the names of hooks, so each gets a unique name while the
 * routes are printed.
 *
 * @returns `undefined` if no hook of any route is printed: a host can hide them with `buildPrettyMeta`.
 */
export function shownHooks(fastify: FastifyInstance, bound: readonly AnyHook[]): ShownHook[] | undefined {
  const byName = new Map(bound.map((hook, index) => [`fastify-api-tokens-${index}`, hook]))
  const names = bound.map(({ name }) => name)
  for (const [name, hook] of byName) rename(hook, name)
  try {
    return readRoutes(fastify.printRoutes({ includeHooks: true, commonPrefix: false }), byName)
  } finally {
    for (const [index, hook] of bound.entries()) rename(hook, names[index] ?? '')
  }
}

function rename(hook: AnyHook, value: string): void {
  Object.defineProperty(hook, 'name', { value, configurable: true })
}

/** A node of the tree is `├── /models (GET)`, four characters deeper than its parent; its hooks follow line by line. */
const NODE = /^(.*?)[├└]── (.*?)(?: \(|$)/
const METHODS = /\(([A-Z]+(?:, [A-Z]+)*)\)/
const HOOKS = /• \((\w+)\) (\[.*\]|".*")$/
const DEPTH = 4

function readRoutes(printed: string, byName: ReadonlyMap<string, AnyHook>): ShownHook[] | undefined {
  const shown: ShownHook[] = []
  const path: string[] = []
  let methods = ''
  let hasHooks = false
  for (const line of printed.split('\n')) {
    const [, position, value] = HOOKS.exec(line) ?? []
    if (position === undefined || value === undefined) {
      const [, indent, label] = NODE.exec(line) ?? []
      if (indent !== undefined && label !== undefined) {
        path.splice(indent.length / DEPTH)
        path.push(label === '(empty root node)' ? '' : label)
      }
      methods = METHODS.exec(line)?.[1] ?? methods
      continue
    }
    hasHooks = true
    for (const name of namesIn(value)) {
      const bound = byName.get(name)
      if (bound !== undefined) shown.push({ bound, position, route: `${path.join('')} (${methods})` })
    }
  }
  return hasHooks ? shown : undefined
}

/** Fastify writes `"name()"` or a list of such. */
function namesIn(value: string): string[] {
  const names: unknown[] = [JSON.parse(value)].flat()
  return names.filter((name) => typeof name === 'string').map((name) => name.replace(/\(\)$/, ''))
}
