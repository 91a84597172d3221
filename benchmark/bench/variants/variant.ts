/** A variant is a Fastify server with one route and the credentials that its clients send. */

import Fastify, { type FastifyInstance } from 'fastify'
import type { DatabaseServer } from './databases.ts'

export interface Variant {
  /** The name on the command line and in the JSON. */
  readonly name: string
  /** The title in the table. */
  readonly title: string
  /** The status of every response. */
  readonly answers: 200 | 401
  /** The database server that it needs. */
  readonly needs?: DatabaseServer
  start(): Promise<Running>
}

export interface Running {
  readonly app: FastifyInstance
  readonly credentials: readonly string[]
}

/** How many distinct credentials the clients send. */
export const CREDENTIALS = 500

/** The connections of a program by hand to its database, as many as the plugin's own pool has. */
export const POOL_SIZE = 10

/** How long `findUser` takes in the variants with users. */
export const FIND_USER_MS = 1

/** The type of `onRequest` in the options of a route. */
export type Hook =
  NonNullable<Parameters<FastifyInstance['get']>[1]> extends infer Options
    ? Options extends { onRequest?: infer OnRequest }
      ? OnRequest
      : never
    : never

/** The server that every variant starts from. It has no log. */
export function host(): FastifyInstance {
  return Fastify({ logger: false })
}

/** The route is the same for all variants: a small JSON response. */
export function addRoute(app: FastifyInstance, onRequest: Hook = []): void {
  app.get('/', { onRequest }, async () => ({ hello: 'world' }))
}

/** Makes one value for each credential. */
export function eachCredential<T>(make: (index: number) => T): T[] {
  return Array.from({ length: CREDENTIALS }, (_, index) => make(index))
}
