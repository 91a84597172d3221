/** The packed package as in a container: a root that is read-only, a user without rights, the keys as a mounted secret. */

import { chmod, copyFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import t from 'tap'
import { ownDatabase } from '../support/databases.ts'
import { FOREIGN, makeProject, pack, ROOT, run, temporaryFolder } from './pack.ts'

const NOBODY = '65534'

/** Gives this process mounts of its own: a read-only root at "$1", and "$2" as the secret; then runs the rest as nobody. */
const CONTAINER = `
root=$1 secret=$2 folder=$3
shift 3
mount --make-rprivate /
mount -t tmpfs tmpfs /run
mkdir /run/secrets
cp "$secret" /run/secrets/api-tokens-keys
chmod 0444 /run/secrets/api-tokens-keys
mount -o remount,ro /run
mount --rbind / "$root"
mount -o remount,ro,bind "$root"
cd "$root$folder"
exec setpriv --reuid=${NOBODY} --regid=${NOBODY} --clear-groups "$@"
`

const PROGRAM = `
import { writeFileSync } from 'node:fs'
import Fastify from 'fastify'
import apiTokens, { jwksFile, verifyApiToken } from 'fastify-api-tokens'
import { postgresTokenStore } from 'fastify-api-tokens/postgres'
import { apiTokensPage } from 'fastify-api-tokens/ui'

try {
  writeFileSync('written', '')
} catch (error) {
  console.log(error.code, process.getuid())
}
const app = Fastify()
await app.register(apiTokens, {
  authenticateUser: () => ({ id: 'ada' }),
  store: postgresTokenStore({ connectionString: process.env.DATABASE_URL }),
  keys: jwksFile('/run/secrets/api-tokens-keys'),
})
await app.register(apiTokensPage, { prefix: '/settings/api-tokens', tokensPath: '/tokens' })
app.get('/whoami', { onRequest: verifyApiToken }, (request) => request.apiToken.userId)
await app.listen({ port: 0 })
const { port } = app.server.address()
const at = (path, init) => fetch('http://localhost:' + port + path, init)
const issued = await at('/tokens', { method: 'POST' })
const { token } = await issued.json()
const answer = await at('/whoami', { headers: { authorization: 'Bearer ' + token } })
console.log(issued.status, await answer.text(), (await at('/settings/api-tokens')).status)
await app.close()
`

t.test(
  'runs with a read-only root, as a user without rights, with the keys as a mounted secret',
  async (t) => {
    const database = await ownDatabase(t, 'PostgreSQL')
    if (database === null) return
    const folder = await temporaryFolder(t)
    const isPossible = await run('unshare', ['-m', 'mount', '--make-rprivate', '/']).then(
      () => true,
      () => false,
    )
    if (!isPossible) {
      t.pass('no mounts here', { skip: 'this user may not mount' })
      return
    }
    const project = join(folder, 'project')
    await makeProject(project, {
      dependencies: { 'fastify-api-tokens': `file:${await pack(folder)}`, fastify: '5', pg: '8' },
    })
    const quiet = ['--no-audit', '--no-fund', '--prefer-offline', '--ignore-scripts', '--omit=optional']
    await run('npm', ['install', ...quiet], { cwd: project })
    const env = { ...FOREIGN, DATABASE_URL: database.connectionString }
    const command = join(project, 'node_modules', '.bin', 'fastify-api-tokens')
    await run(process.execPath, [command, 'migrate'], { env })
    const { stdout: keys } = await run(process.execPath, [command, 'keys', 'generate', '--file', '-'])
    await writeFile(join(folder, 'keys.json'), keys, { mode: 0o600 })
    await writeFile(join(project, 'host.mjs'), PROGRAM)
    // Nobody may read it, and this process's own Node.js may be where nobody may not.
    await chmod(folder, 0o755)
    const node = join(folder, 'node')
    await copyFile(process.execPath, node)
    await chmod(node, 0o755)
    const root = join(folder, 'root')
    await run('mkdir', [root])
    const container = ['-m', 'bash', '-ec', CONTAINER, 'bash', root, join(folder, 'keys.json'), project]
    // The test runner adds its loaders to every child process, and they write files.
    const plainly = ['env', '-u', 'NODE_OPTIONS', '-u', 'NODE_V8_COVERAGE']
    const { stdout } = await run('unshare', [...container, ...plainly, node, 'host.mjs'], { cwd: ROOT, env })
    t.equal(stdout, `EROFS ${NOBODY}\n201 ada 200\n`)
  },
)
