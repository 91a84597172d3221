/** Owners of tokens that are not people: an organization and a service account. A host would read them from its tables. */
import type { Scope } from './roles.ts'

/** The types that ids of such owners begin with. No user has such an id. */
export const ownerTypes = ['org', 'service'] as const

export interface Organization {
  readonly id: `${(typeof ownerTypes)[number]}:${string}`
  readonly name: string
  /** The ids of the users who manage its tokens. */
  readonly members: readonly string[]
  readonly scopes: readonly Scope[]
}

/** Those of the demo users of the built-in provider. */
export const demoOrganizations: readonly Organization[] = [
  {
    id: 'org:lab',
    name: 'Analytical Lab',
    members: ['grace', 'alan'],
    scopes: ['models:read', 'chat:write'],
  },
  { id: 'service:nightly-report', name: 'Nightly report', members: ['ada'], scopes: ['models:read'] },
]

/** What `authenticateUser` returns as the further owners of a user. */
export function ownersOf(userId: string, organizations: readonly Organization[]) {
  return organizations
    .filter(({ members }) => members.includes(userId))
    .map(({ id, name, scopes }) => ({ id, name, scopes: [...scopes] }))
}
