/** The option `oauth` of the host: the clients, and the issuers whose tokens are exchanged for API tokens. */
import type { ApiTokensOptions, OAuthClient } from 'fastify-api-tokens'
import { CI_CLIENT } from './identity-provider/identity-provider.ts'
import type { Settings } from './settings.ts'
import type { SignInOptions } from './sign-in/sign-in.ts'
import { scopesOf } from './users/roles.ts'
import type { UserDirectory } from './users/users.ts'

const EXCHANGE = 'urn:ietf:params:oauth:grant-type:token-exchange'

/** A CI job. It authenticates with a token of the identity provider. */
const CI: OAuthClient = {
  client_id: 'bodhi-ci',
  client_name: 'Bodhi CI',
  token_endpoint_auth_method: 'none',
  grant_types: [EXCHANGE],
}

/** A command-line program. Its user approves it on a page of the host. */
const CLI: OAuthClient = {
  client_id: 'bodhi-cli',
  client_name: 'Bodhi on the command line',
  token_endpoint_auth_method: 'none',
  grant_types: ['urn:ietf:params:oauth:grant-type:device_code'],
}

/** The issuer and the option `oauth`. OAuth requires an https issuer, or http on localhost. */
export function oauthOf(
  settings: Settings,
  provider: Pick<SignInOptions, 'issuer' | 'providerName'>,
  users: UserDirectory,
): Pick<ApiTokensOptions, 'issuer' | 'oauth'> {
  const issuer = settings.origin ?? (settings.port === 0 ? null : `http://localhost:${settings.port}`)
  if (issuer === null || !isTrustworthy(new URL(issuer))) return { issuer: 'bodhi-host' }
  const gateway = { client_id: 'bodhi-gateway', client_name: 'Bodhi gateway' }
  return {
    issuer,
    oauth: {
      clients: [
        CI,
        CLI,
        ...(settings.gatewaySecret === null ? [] : [{ ...gateway, client_secret: settings.gatewaySecret }]),
      ],
      device: { signInUrl: '/sign-in' },
      trustedIssuers: [
        {
          issuer: provider.issuer,
          audience: issuer,
          user: async ({ sub }) => {
            // The built-in provider has a CI job that acts for Grace.
            const user = await users.find(
              settings.provider === null && sub === CI_CLIENT.id ? CI_CLIENT.owner : sub,
            )
            // The same id at another provider is a different user.
            if (user?.provider !== provider.providerName) return null
            return { id: user.id, scopes: scopesOf(user.role) }
          },
        },
      ],
    },
  }
}

function isTrustworthy({ protocol, hostname }: URL): boolean {
  return protocol === 'https:' || ['localhost', '127.0.0.1', '[::1]'].includes(hostname)
}
