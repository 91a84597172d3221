/** Four instances of the host behind a proxy, on one PostgreSQL: shows what happens when one of them revokes. */
import { randomBytes } from 'node:crypto'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { demonstrate } from './cluster/demonstration.ts'
import { type Instance, startInstance } from './cluster/instances.ts'
import { makeOwnSchema } from './cluster/own-schema.ts'
import { startProxy } from './cluster/proxy.ts'
import { placeOf } from './database/database-address.ts'
import { startIdentityProvider } from './identity-provider/identity-provider.ts'
import { reasonOf } from './reason-of.ts'
import { readSettings } from './settings.ts'
import { CALLBACK_PATH } from './sign-in/sign-in.ts'

const STANDARD_DATABASE = 'postgres://postgres@127.0.0.1:5432/test'
const INSTANCES = [1, 2, 3, 4]

const isOver = Promise.withResolvers<void>()
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => isOver.resolve())
/** Clean-up functions, run in reverse order. */
const undo: (() => Promise<unknown>)[] = []

try {
  await run()
} catch (error) {
  console.error(error instanceof Error ? error.message : error)
  process.exitCode = 1
} finally {
  for (const step of undo.reverse()) await step().catch((error) => console.error(String(error)))
}

async function run(): Promise<void> {
  const { DATABASE_URL = STANDARD_DATABASE, REDIS_URL, PORT = '0', CI } = process.env
  const { database, redisUrl, port } = readSettings({ DATABASE_URL, REDIS_URL, PORT })
  if (database.dialect !== 'postgres') throw new Error('DATABASE_URL: the cluster runs on postgres://…')

  const schema = await makeOwnSchema(database.url).catch((cause) => {
    throw new Error(
      `The cluster needs a PostgreSQL, and ${placeOf(database)} gives it no schema: ${reasonOf(cause)}
Name one: DATABASE_URL=postgres://user:password@host:5432/database npm run example:cluster`,
    )
  })
  undo.push(schema.drop)

  // The secrets that the instances share. In production this is a mounted volume.
  const dataDir = await mkdtemp(join(tmpdir(), 'bodhi-cluster-'))
  undo.push(() => rm(dataDir, { recursive: true }))

  const proxy = await startProxy(port)
  undo.push(proxy.close)
  const client = { clientId: 'bodhi-host', clientSecret: randomBytes(32).toString('base64url') }
  const provider = await startIdentityProvider({
    ...client,
    port: 0,
    redirectUri: () => `${proxy.origin}${CALLBACK_PATH}`,
  })
  undo.push(provider.close)

  console.log(`Four instances of the host, on ${placeOf(database)} (schema ${schema.name}),
with revocations published by ${redisUrl === null ? 'NOTIFY' : 'Redis'}, start behind ${proxy.origin}`)
  const starts = INSTANCES.map((number) =>
    startInstance(number, {
      HOST: '127.0.0.1',
      PORT: '0',
      ORIGIN: proxy.origin,
      DATA_DIR: dataDir,
      DATABASE_URL: schema.url,
      REDIS_URL: redisUrl ?? '',
      BODHI_AUTH: 'oidc',
      OIDC_ISSUER: provider.issuer,
      OIDC_CLIENT_ID: client.clientId,
      OIDC_CLIENT_SECRET: client.clientSecret,
      ADMINISTRATORS: 'ada',
      UPSTREAM_URL: '',
      LOG_LEVEL: 'error',
    }),
  )
  undo.push(() => Promise.all(starts.map((start) => start.then(stop, () => undefined))))
  const instances = await Promise.all(starts)
  proxy.targets = instances

  // Ctrl+C works at any step.
  await Promise.race([demonstrate(proxy, instances, console.log), isOver.promise])
  if (CI || process.argv.includes('--once')) return
  console.log(`
The cluster is running: ${proxy.origin}/sign-in
Ctrl+C stops it and drops its schema.`)
  await isOver.promise
}

function stop(instance: Instance): Promise<void> {
  return instance.stop()
}
