/** Reads and checks the option `oauth.clients` at boot. */

import { createHash } from 'node:crypto'
import type { JWTVerifyGetKey } from 'jose'
import { InvalidOption } from '../../errors.ts'
import { listOf, record, text } from '../../option-values.ts'
import { nameFault } from '../../token/text.ts'
import { GRANT_TYPES } from '../grant-types.ts'
import type { ClientAuthMethod, OAuthClient } from '../oauth-options.ts'
import { readClientKeys } from './client-keys.ts'

/** A registered client. */
export interface ClientSettings {
  readonly clientId: string
  /** The name that users see. */
  readonly clientName: string
  readonly proof: ClientProof
  readonly grantTypes: readonly string[]
}

/** How a client authenticates. Only a digest of its secret is stored. */
export type ClientProof =
  | { readonly method: 'none' }
  | { readonly method: 'client_secret_basic' | 'client_secret_post'; readonly secretDigest: Buffer }
  | { readonly method: 'private_key_jwt'; readonly keys: JWTVerifyGetKey }

export const CLIENT_AUTH_METHODS: readonly ClientAuthMethod[] = [
  'client_secret_basic',
  'client_secret_post',
  'private_key_jwt',
  'none',
]

const KNOWN: readonly (keyof OAuthClient)[] = [
  'client_id',
  'client_name',
  'client_secret',
  'token_endpoint_auth_method',
  'jwks',
  'grant_types',
]

const MIN_SECRET_LENGTH = 32
/** RFC 6749 appendix A: `VSCHAR`. */
const VISIBLE = /^[\x20-\x7E]{1,255}$/

/** @throws {InvalidOption} Names the client and the invalid member. */
export function readClients(clients: unknown): ReadonlyMap<string, ClientSettings> {
  const list = listOf(clients)
  if (list === undefined) throw new InvalidOption('oauth.clients must be an array of clients')
  const byId = new Map<string, ClientSettings>()
  list.forEach((client, index) => {
    const read = readClient(client, `oauth.clients[${index}]`)
    if (byId.has(read.clientId)) {
      throw new InvalidOption(`oauth.clients[${index}].client_id is used by another client`)
    }
    byId.set(read.clientId, read)
  })
  return byId
}

/** The digest of a secret. Digests have equal lengths, as `timingSafeEqual` requires. */
export function digestOfSecret(secret: string): Buffer {
  return createHash('sha256').update(secret).digest()
}

function readClient(client: unknown, path: string): ClientSettings {
  const members = record(client, KNOWN, path)
  const { client_id: clientId, client_name: clientName, grant_types: grants = [] } = members
  if (typeof clientId !== 'string' || !VISIBLE.test(clientId)) {
    throw new InvalidOption(`${path}.client_id must be 1 to 255 characters of printable ASCII`)
  }
  const name = clientName === undefined ? clientId : text(clientName, `${path}.client_name`)
  const fault = clientName === undefined ? undefined : nameFault(name)
  if (fault !== undefined) throw new InvalidOption(`${path}.client_name ${fault}`)
  return {
    clientId,
    clientName: name,
    proof: readProof(members, path),
    grantTypes: readGrantTypes(grants, path),
  }
}

function readProof(members: Readonly<Record<string, unknown>>, path: string): ClientProof {
  const { token_endpoint_auth_method: given = 'client_secret_basic', client_secret: secret, jwks } = members
  const method = CLIENT_AUTH_METHODS.find((name) => name === given)
  if (method === undefined) {
    throw new InvalidOption(
      `${path}.token_endpoint_auth_method must be one of ${CLIENT_AUTH_METHODS.join(', ')}`,
    )
  }
  const hasSecret = method === 'client_secret_basic' || method === 'client_secret_post'
  if (!hasSecret && secret !== undefined)
    throw new InvalidOption(`${path}.client_secret is not used by ${method}`)
  if (method !== 'private_key_jwt' && jwks !== undefined)
    throw new InvalidOption(`${path}.jwks is not used by ${method}`)
  switch (method) {
    case 'none':
      return { method }
    case 'private_key_jwt':
      return { method, keys: readClientKeys(jwks, `${path}.jwks`) }
    case 'client_secret_basic':
    case 'client_secret_post':
      return { method, secretDigest: readSecret(secret, `${path}.client_secret`) }
    default:
      return method satisfies never
  }
}

function readSecret(secret: unknown, path: string): Buffer {
  if (typeof secret === 'string' && secret.length >= MIN_SECRET_LENGTH && /^[\x20-\x7E]+$/.test(secret)) {
    return digestOfSecret(secret)
  }
  throw new InvalidOption(`${path} must be at least ${MIN_SECRET_LENGTH} characters of printable ASCII`)
}

function readGrantTypes(grants: unknown, path: string): readonly string[] {
  const list = listOf(grants)
  if (list === undefined) throw new InvalidOption(`${path}.grant_types must be an array of strings`)
  return list.map((grant, index) => {
    const known = GRANT_TYPES.find((name) => name === grant)
    if (known !== undefined) return known
    throw new InvalidOption(`${path}.grant_types[${index}] must be one of ${GRANT_TYPES.join(', ')}`)
  })
}
