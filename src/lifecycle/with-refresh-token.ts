/** Has the identity provider hold a token that is being made, and gives back what comes to nothing. */

import { InvalidInput } from '../errors.ts'
import type { Context } from './context.ts'

/**
 * Does the work with the provider's refresh token; without a provider that holds tokens, with none.
 *
 * @throws {InvalidInput} Without a subject token where one is needed, and with one where none is.
 * @throws {ProviderRefused} With the provider's reason.
 * @throws {StoreUnavailable} When the provider cannot be asked.
 */
export async function withRefreshToken<T>(
  { identityProvider }: Pick<Context, 'identityProvider'>,
  subjectToken: string | undefined,
  work: (refreshToken: string | undefined) => Promise<T>,
): Promise<T> {
  if (identityProvider === null) {
    if (subjectToken !== undefined) throw new InvalidInput('subjectToken is for tokens that a provider holds')
    return work(undefined)
  }
  if (subjectToken === undefined) {
    throw new InvalidInput('subjectToken is missing: the identity provider holds the tokens')
  }
  const refreshToken = await identityProvider.obtain(subjectToken)
  try {
    return await work(refreshToken)
  } catch (error) {
    await identityProvider.revoke(refreshToken)
    throw error
  }
}
