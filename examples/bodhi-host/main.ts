/** Starts the host, prints how to sign in and what to try, and shuts it down gracefully. */

import { placeOf } from './database/database-address.ts'
import { type Host, startHost } from './host.ts'
import { demoUsers } from './identity-provider/demo-users.ts'
import { MODEL_ID } from './openai/model.ts'
import { reasonOf } from './reason-of.ts'
import { readSettings, type Settings, SettingsError } from './settings.ts'

try {
  const settings = readSettings(process.env)
  const host = await startHost(settings)
  stopOnSignals(host)
  console.log(welcome(host, settings))
} catch (error) {
  console.error(explain(error))
  process.exitCode = 1
}

function stopOnSignals({ app }: Host): void {
  for (const signal of ['SIGINT', 'SIGTERM'] as const) {
    // Only once: a second Ctrl+C ends a shutdown that takes too long.
    process.once(signal, () => void app.close())
  }
}

function welcome({ origin: originOf, issuer }: Host, settings: Settings): string {
  const origin = originOf()
  const isOpen = settings.authentication === 'none'
  const header = isOpen ? '' : ` \\\n    -H "Authorization: Bearer $TOKEN"`
  const model = settings.upstream ? 'your-model' : MODEL_ID
  return `
  Bodhi host   ${origin}
${isOpen ? openAccess(origin) : signIn(origin, settings, issuer)}
  OpenAPI      ${origin}/docs
  Model        ${settings.upstream ? settings.upstream.url : `built in (${MODEL_ID})`}

  ${isOpen ? 'Try:' : generateFirst(origin, settings)}

  curl ${origin}/v1/models${header}

  curl -N ${origin}/v1/chat/completions${header} \\
    -H "Content-Type: application/json" \\
    -d '{"model":"${model}","stream":true,"messages":[{"role":"user","content":"Count to 20"}]}'
`
}

function generateFirst(origin: string, settings: Settings): string {
  if (settings.provider) return 'Generate a token, set TOKEN to it, and try:'
  return `Generate a token and put it into TOKEN, on the page or without a browser, and try:

  export TOKEN=$(npm run --silent token -- grace ${origin})`
}

function openAccess(origin: string): string {
  return `  Mode         non-authenticated: the API is open, there are no tokens
  Page         ${origin}/settings/api-tokens`
}

function signIn(origin: string, settings: Settings, issuer: string | null): string {
  const people = settings.provider
    ? `your account at ${settings.provider.issuer}`
    : demoUsers.map((user) => `${user.subject} (${user.about})`).join(', ')
  return `  Sign in      ${origin}/sign-in
  as           ${people}${settings.provider ? '' : '; no passwords'}
  Provider     ${issuer}${settings.provider ? '' : ' (built in, for this machine only; OIDC_PORT is its port)'}
  API Tokens   ${origin}/settings/api-tokens
  Database     ${placeOf(settings.database)}
  Data         ${settings.dataDir}`
}

function explain(error: unknown): string {
  if (error instanceof SettingsError) return error.message
  if (!(error instanceof Error)) return String(error)
  const cause = error.cause instanceof Error ? `\n  ${reasonOf(error.cause)}` : ''
  return `The host cannot start: ${error.message}${cause}`
}
