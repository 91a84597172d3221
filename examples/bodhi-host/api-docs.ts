/** The OpenAPI document of the host, and Swagger UI at `/docs` to try its routes in the browser. */
import swagger from '@fastify/swagger'
import swaggerUi from '@fastify/swagger-ui'
import type { FastifyInstance } from 'fastify'
import { bearerSecurityScheme } from 'fastify-api-tokens'
import { SESSION_COOKIE } from './sign-in/sessions.ts'

/** Routes of people name this scheme: the token plugin's own too, whose default it replaces. */
const session = {
  type: 'apiKey',
  in: 'cookie',
  name: SESSION_COOKIE,
  description: 'The session of a signed-in person',
} as const

/** Adds the document; call it before the routes that it is to describe. */
export async function addApiDocs(app: FastifyInstance): Promise<void> {
  await app.register(swagger, {
    openapi: {
      openapi: '3.1.0',
      info: {
        title: 'Bodhi host',
        version: '1.0.0',
        description: 'An OpenAI-compatible server that its users call with API tokens.',
        license: { name: 'MIT', identifier: 'MIT' },
      },
      servers: [{ url: '/', description: 'This host' }],
      components: { securitySchemes: { ...bearerSecurityScheme, session } },
    },
  })
  await app.register(swaggerUi, {
    routePrefix: '/docs',
    uiConfig: { persistAuthorization: false },
    // Swagger UI styles itself inline; scripts still come from files only.
    staticCSP: {
      'default-src': "'self'",
      'style-src': ["'self'", "'unsafe-inline'"],
      'img-src': ["'self'", 'data:'],
      'base-uri': "'none'",
      'frame-ancestors': "'none'",
    },
  })
}
