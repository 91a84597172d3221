/** Names that snippets of the docs use without an import: an application, its users, its routes. Only types. */

import type { Readable as NodeReadable } from 'node:stream'
import type fastifySwagger from '@fastify/swagger'
import type { FastifyInstance, FastifyReply, FastifyRequest, RouteHandlerMethod } from 'fastify'
import type { AuthenticateUser, OwnerRecord, SignedInUser } from 'fastify-api-tokens'
import type { TokenRecord } from 'fastify-api-tokens/store'

export declare const app: FastifyInstance
export declare const request: FastifyRequest
export declare const reply: FastifyReply
export declare const authenticateUser: AuthenticateUser
export declare const sessionUserOf: (request: FastifyRequest) => SignedInUser | null
export declare const partner: (request: FastifyRequest) => Promise<void>
export declare const listModels: RouteHandlerMethod
export declare const chat: RouteHandlerMethod
export declare const words: () => AsyncIterable<string>
export declare const token: TokenRecord
export declare const owner: OwnerRecord
export declare const swagger: typeof fastifySwagger
export declare const Readable: typeof NodeReadable
export declare const providerTokens: { of(request: FastifyRequest): string | null }
export declare const secrets: { read(name: string): Promise<string> }
export declare const database: {
  findUser(id: string): Promise<{ suspended: boolean; scopes: string[] } | undefined>
}
export declare const auth: {
  api: { getSession(options: { headers: Headers }): Promise<{ user: { id: string } } | null> }
}
export declare const fromNodeHeaders: (headers: FastifyRequest['headers']) => Headers
