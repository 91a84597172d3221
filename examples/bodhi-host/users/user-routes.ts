/** `/bodhi/v1/user` says who is calling; `/bodhi/v1/users` lets an administrator end and restore users. */
import createError from '@fastify/error'
import { type FastifyPluginAsyncTypebox, type TSchema, Type } from '@fastify/type-provider-typebox'
import type { FastifyRequest } from 'fastify'
import { verifyApiTokenOr } from 'fastify-api-tokens'
import { requireSameOrigin } from '../sign-in/same-origin.ts'
import { signedInUser } from '../sign-in/sessions.ts'
import type { Organization } from './organizations.ts'
import { scopesOf } from './roles.ts'
import type { User, UserDirectory } from './users.ts'

const NotSignedIn = createError('BODHI_NOT_SIGNED_IN', 'Sign in first', 401)
const AdministratorOnly = createError('BODHI_ADMINISTRATOR_ONLY', 'Only an administrator may do this', 403)
const OwnAccount = createError('BODHI_OWN_ACCOUNT', 'Administrators cannot lock themselves out', 409)
const NoSuchUser = createError('BODHI_NO_SUCH_USER', 'There is no user %s', 404)

const UserAnswer = Type.Object({
  id: Type.String(),
  name: Type.String(),
  email: Type.Union([Type.String(), Type.Null()]),
  role: Type.String(),
  scopes: Type.Array(Type.String()),
  status: Type.String(),
  created_at: Type.String({ format: 'date-time' }),
  last_signed_in_at: Type.String({ format: 'date-time' }),
})

const CallerAnswer = Type.Object({
  ...Type.Omit(UserAnswer, ['created_at', 'last_signed_in_at']).properties,
  ...Type.Partial(Type.Pick(UserAnswer, ['created_at', 'last_signed_in_at'])).properties,
  authenticated_by: Type.Union([Type.Literal('session'), Type.Literal('api_token')]),
})

const ById = Type.Object({ id: Type.String({ minLength: 1, maxLength: 255 }) })

const documented = { tags: ['Users'], security: [{ session: [] }] }

const RejectionReason = Type.Object(
  {
    statusCode: Type.Integer(),
    code: Type.Optional(Type.String()),
    error: Type.String(),
    message: Type.String(),
  },
  { description: 'Why the request was refused' },
)

/** An administrator's routes respond with one user. */
const oneUser = { 200: described(UserAnswer, 'The user'), '4xx': RejectionReason }

function described<Schema extends TSchema>(schema: Schema, description: string): Schema {
  return { ...schema, description }
}

export interface UserRoutesOptions {
  readonly users: UserDirectory
  /** The owners of tokens that are not people. */
  readonly organizations: readonly Organization[]
}

/** Registers the routes. They read the directory, and notify the token plugin when a user is deactivated or removed. */
export const userRoutes: FastifyPluginAsyncTypebox<UserRoutesOptions> = async (
  app,
  { users, organizations },
) => {
  // A person's data, and what each person may see of it: no cache keeps these answers.
  app.addHook('onRequest', async (_, reply) => {
    reply.header('cache-control', 'no-store')
  })

  app.get(
    '/user',
    {
      schema: {
        ...documented,
        operationId: 'whoAmI',
        summary: 'Who is calling, by session or by API token',
        security: [{ apiToken: [] }, { session: [] }],
        response: { 200: described(CallerAnswer, 'Who is calling'), '4xx': RejectionReason },
      },
      onRequest: verifyApiTokenOr(async (request: FastifyRequest) => {
        if (!(await signedInUser(request, users))) throw new NotSignedIn()
      }),
    },
    async (request) => {
      const token = request.apiToken
      const organization = organizations.find(({ id }) => id === token?.userId)
      if (token && organization) return organizationOf(organization, token.scopes)
      const user = token ? await users.find(token.userId) : await signedInUser(request, users)
      if (!user) throw new NotSignedIn()
      // A token may do less than its owner, so its own scopes are the answer.
      const scopes = token ? [...token.scopes] : scopesOf(user.role)
      return {
        ...answerOf(user),
        scopes,
        authenticated_by: token ? ('api_token' as const) : ('session' as const),
      }
    },
  )

  await app.register(async (administration) => {
    administration.addHook('onRequest', async (request) => {
      await administratorBehind(request, users)
      if (request.method !== 'GET') await requireSameOrigin(request)
    })

    administration.get(
      '/users',
      {
        schema: {
          ...documented,
          operationId: 'listUsers',
          summary: 'All users (administrators)',
          response: {
            200: Type.Object({ data: Type.Array(UserAnswer) }, { description: 'All users' }),
            '4xx': RejectionReason,
          },
        },
      },
      async () => ({ data: (await users.list()).map(answerOf) }),
    )

    administration.post<{ Params: { id: string } }>(
      '/users/:id/deactivate',
      {
        schema: {
          ...documented,
          operationId: 'deactivateUser',
          summary: "Ends a user's sessions and stops the user's tokens, until reactivation",
          params: ById,
          response: oneUser,
        },
      },
      async (request) => {
        const { id } = await otherUser(request, users)
        const user = await users.deactivate(id)
        await app.apiTokens.deactivateUser(id)
        return answerOf(user)
      },
    )

    administration.post<{ Params: { id: string } }>(
      '/users/:id/reactivate',
      {
        schema: {
          ...documented,
          operationId: 'reactivateUser',
          summary: "Lets a user sign in again; the user's tokens work again",
          params: ById,
          response: oneUser,
        },
      },
      async (request) => {
        const { id } = await knownUser(request.params.id, users)
        const user = await users.reactivate(id)
        await app.apiTokens.reactivateUser(id)
        return answerOf(user)
      },
    )

    administration.delete<{ Params: { id: string } }>(
      '/users/:id',
      {
        schema: {
          ...documented,
          operationId: 'removeUser',
          summary: "Removes a user and revokes the user's tokens permanently",
          params: ById,
          response: { 204: Type.Null({ description: 'The user is removed' }), '4xx': RejectionReason },
        },
      },
      async (request, reply) => {
        const { id } = await otherUser(request, users)
        // The tokens first: a removal that fails halfway can be asked for again while the user is still listed.
        await app.apiTokens.removeUser(id)
        await users.remove(id)
        return reply.code(204).send(null)
      },
    )
  })
}

async function administratorBehind(request: FastifyRequest, users: UserDirectory): Promise<User> {
  const user = await signedInUser(request, users)
  if (!user) throw new NotSignedIn()
  if (user.role !== 'administrator') throw new AdministratorOnly()
  return user
}

async function knownUser(id: string, users: UserDirectory): Promise<User> {
  const user = await users.find(id)
  if (!user) throw new NoSuchUser(id)
  return user
}

async function otherUser(
  request: FastifyRequest<{ Params: { id: string } }>,
  users: UserDirectory,
): Promise<User> {
  const user = await knownUser(request.params.id, users)
  const administrator = await administratorBehind(request, users)
  if (user.id === administrator.id) throw new OwnAccount()
  return user
}

/** The caller is no person: a token of an organization or of a service account. */
function organizationOf({ id, name }: Organization, scopes: readonly string[]) {
  return {
    ...{ id, name, email: null, role: 'organization', scopes: [...scopes], status: 'active' },
    authenticated_by: 'api_token' as const,
  }
}

function answerOf(user: User) {
  return {
    id: user.id,
    name: user.name,
    email: user.email,
    role: user.role,
    scopes: scopesOf(user.role) as string[],
    status: user.status,
    created_at: user.createdAt,
    last_signed_in_at: user.lastSignedInAt,
  }
}
