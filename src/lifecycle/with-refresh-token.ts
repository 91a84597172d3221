/** Obtains the identity provider's refresh token for a new token, and revokes it if issuing fails. */

import { InvalidInput } from '../errors.ts'
import type { Context } from './context.ts'

/**
 * Calls `work` with a new refresh token of the identity provider; without `identityProvider`, with `undefined`.
 *
 * @throws {InvalidInput} If the subject token is missing, or given without `identityProvider`.
 * @throws {ProviderRefused} With the provider's reason.
 * @throws {StoreUnavailable} When the provider is unavailable.
 */
export async function withRefreshToken<T>(
  { identityProvider }: Pick<Context, 'identityProvider'>,
  subjectToken: string | undefined,
  work: (refreshToken: string | undefined) => Promise<T>,
): Promise<T> {
  if (identityProvider === null) {
    if (subjectToken !== undefined)
      throw new InvalidInput('subjectToken has no effect without the option identityProvider')
    return work(undefined)
  }
  if (subjectToken === undefined) {
    throw new InvalidInput('subjectToken is missing: it is required with the option identityProvider')
  }
  const refreshToken = await identityProvider.obtain(subjectToken)
  try {
    return await work(refreshToken)
  } catch (error) {
    await identityProvider.revoke(refreshToken)
    throw error
  }
}
