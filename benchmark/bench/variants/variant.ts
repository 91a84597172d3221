/** What is measured: a host with one route, and the credentials that its clients carry. */

import Fastify, { type FastifyInstance } from 'fastify'

export interface Variant {
  /** As it is called on the command line and in the JSON. */
  readonly name: string
  /** As it stands in the table. */
  readonly title: string
  /** What it answers every request with. */
  readonly answers: 200 | 401
  start(): Promise<Running>
}

export interface Running {
  readonly app: FastifyInstance
  readonly credentials: readonly string[]
}

/** How many distinct credentials the clients carry. */
export const CREDENTIALS = 500

/** The form of Fastify's hooks that all of these share. */
export type Hook =
  NonNullable<Parameters<FastifyInstance['get']>[1]> extends infer Options
    ? Options extends { onRequest?: infer OnRequest }
      ? OnRequest
      : never
    : never

/** A host without a log, as each variant starts from. */
export function host(): FastifyInstance {
  return Fastify({ logger: false })
}

/** The one tiny JSON route, the same for all. */
export function addRoute(app: FastifyInstance, onRequest: Hook = []): void {
  app.get('/', { onRequest }, async () => ({ hello: 'world' }))
}

/** As many of something as there are credentials. */
export function eachCredential<T>(make: (index: number) => T): T[] {
  return Array.from({ length: CREDENTIALS }, (_, index) => make(index))
}
