/** The three demo users of the built-in identity provider. */

/** A user at the provider. The host, not the provider, decides what the user may do. */
export interface DemoUser {
  readonly subject: string
  readonly name: string
  readonly email: string
  readonly about: string
}

export const demoUsers: readonly DemoUser[] = [
  { subject: 'ada', name: 'Ada Lovelace', email: 'ada@example.com', about: 'administrator' },
  { subject: 'grace', name: 'Grace Hopper', email: 'grace@example.com', about: 'lists models and chats' },
  { subject: 'alan', name: 'Alan Turing', email: 'alan@example.com', about: 'lists models only' },
]

/** The demo user with this subject, if there is one. */
export function demoUser(subject: string): DemoUser | undefined {
  return demoUsers.find((user) => user.subject === subject)
}
