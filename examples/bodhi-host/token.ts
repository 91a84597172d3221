/**
 * Generates a token at the running host without a browser: signs in as a demo user, and prints only the credential.
 *
 *     export TOKEN=$(npm run --silent token -- grace http://localhost:1135)
 */
import { demoUsers } from './identity-provider/demo-users.ts'
import { reasonOf } from './reason-of.ts'
import { Browser } from './tour/browser.ts'

const TOKENS = '/bodhi/v1/tokens'

try {
  const [subject = 'grace', origin = 'http://localhost:1135', ...more] = process.argv.slice(2)
  const names = demoUsers.map((user) => user.subject)
  if (!names.includes(subject) || more.length > 0) {
    throw new Error(`Give one of ${names.join(', ')}, and the host's origin: ${origin}`)
  }
  console.log(await generate(subject, origin))
} catch (error) {
  console.error(error instanceof Error ? error.message : String(error))
  process.exitCode = 1
}

async function generate(subject: string, origin: string): Promise<string> {
  const browser = new Browser(origin)
  await browser.open('/').catch((error: Error) => {
    throw new Error(
      `No host answers at ${origin} (${reasonOf(error.cause ?? error)}): start it with npm start`,
    )
  })
  await browser.signIn(subject)
  // All scopes that the user may grant.
  const scopes = await answerOf<{ data: { name: string }[] }>(browser, 'GET', `${TOKENS}/scopes`)
  const body = { name: 'From the command line', scopes: scopes.data.map(({ name }) => name) }
  const { token } = await answerOf<{ token: string }>(browser, 'POST', TOKENS, body)
  return token
}

async function answerOf<Answer>(
  browser: Browser,
  method: string,
  path: string,
  body?: unknown,
): Promise<Answer> {
  const answer = await browser.send(method, path, body)
  if (!answer.ok) throw new Error(`${method} ${path} answered ${answer.status}: ${await answer.text()}`)
  // The types of the responses are documented in docs/reference/routes.md.
  return (await answer.json()) as Answer
}
