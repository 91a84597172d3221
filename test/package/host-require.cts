/** A CommonJS host. Compiled against the packed package, and run. */

import Fastify = require('fastify')
import apiTokens = require('fastify-api-tokens')

const app = Fastify()
app.register(apiTokens, { authenticateUser: () => null })
app.register(apiTokens.default, { authenticateUser: () => null })
app.get('/a', { onRequest: apiTokens.verifyApiToken }, () => 'a')

export const isPlugin: boolean = apiTokens.default === apiTokens
