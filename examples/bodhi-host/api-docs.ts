/** The OpenAPI document of the host, and Swagger UI at `/docs` to try its routes in the browser. */
import swagger from '@fastify/swagger'
import swaggerUi from '@fastify/swagger-ui'
import type { FastifyInstance } from 'fastify'
import { bearerSecurityScheme } from 'fastify-api-tokens'
import { SESSION_COOKIE } from './sign-in/sessions.ts'

/** The security scheme of routes for signed-in users. It replaces the token plugin's default scheme. */
const session = {
  type: 'apiKey',
  in: 'cookie',
  name: SESSION_COOKIE,
  description: 'The session of a signed-in person',
} as const

/** Adds the document. Call it before the routes are registered. */
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
    // Swagger UI needs inline styles; scripts are still allowed only from files.
    staticCSP: {
      'default-src': "'self'",
      'style-src': ["'self'", "'unsafe-inline'"],
      'img-src': ["'self'", 'data:'],
      'base-uri': "'none'",
      'frame-ancestors': "'none'",
    },
  })
}
