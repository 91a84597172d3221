/** What the host's people may do: each role is a set of scopes. */

/** The scopes of this host, with what each allows. */
export const scopeCatalogue = {
  'models:read': 'List the models',
  'chat:write': 'Chat with a model',
} as const

export type Scope = keyof typeof scopeCatalogue

const SCOPES_OF_ROLES = {
  administrator: ['models:read', 'chat:write'],
  power_user: ['models:read', 'chat:write'],
  user: ['models:read'],
} as const satisfies Readonly<Record<string, readonly Scope[]>>

export type Role = keyof typeof SCOPES_OF_ROLES

/** The roles of the demo users. */
const DEMO_ROLES: Readonly<Record<string, Role>> = { ada: 'administrator', grace: 'power_user', alan: 'user' }

/** The scopes that a role may use, and grant to its tokens. */
export function scopesOf(role: Role): Scope[] {
  return [...SCOPES_OF_ROLES[role]]
}

/** The role of a person who signs in with the built-in provider. */
export function roleOfDemoUser(subject: string): Role {
  return DEMO_ROLES[subject] ?? 'user'
}

/** The role of a person who signs in with a provider of one's own: only the host says who administers it. */
export function roleOfSubject(subject: string, administrators: readonly string[]): Role {
  return administrators.includes(subject) ? 'administrator' : 'power_user'
}
