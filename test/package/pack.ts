/** Makes the package as npm would publish it, and runs programs of projects that have installed it. */

import { execFile } from 'node:child_process'
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import type { Test } from 'tap'

export const run = promisify(execFile)
export const ROOT = new URL('../..', import.meta.url).pathname

/** Package managers and compilers run without the loaders of the test runner. */
export const FOREIGN = { ...process.env, NODE_OPTIONS: '' }

/** A host developer's first program, with a request of each kind. It prints `FIRST_OUTPUT`. */
export const FIRST_PROGRAM = `
import Fastify from 'fastify'
import apiTokens, { requireScopes, verifyApiToken } from 'fastify-api-tokens'

const app = Fastify()
await app.register(apiTokens, {
  authenticateUser: (request) => (request.headers['x-user'] ? { id: request.headers['x-user'] } : null),
})
app.get('/v1/models', { onRequest: verifyApiToken }, (request) => ({ userId: request.apiToken.userId }))
app.post('/v1/chat', { onRequest: requireScopes('chat:write') }, () => ({ ok: true }))

const issued = await app.inject({ method: 'POST', url: '/tokens', headers: { 'x-user': 'ada' }, payload: { name: 'ci' } })
const authorization = 'Bearer ' + issued.json().token
const models = await app.inject({ url: '/v1/models', headers: { authorization } })
const chat = await app.inject({ method: 'POST', url: '/v1/chat', headers: { authorization } })
const nobody = await app.inject('/v1/models')
console.log(issued.statusCode, models.body, chat.statusCode, nobody.statusCode)
await app.close()
`

export const FIRST_OUTPUT = '201 {"userId":"ada"} 403 401'

/** A folder that is deleted with the test. */
export async function temporaryFolder(t: Test): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'fastify-api-tokens-'))
  t.teardown(() => rm(folder, { recursive: true, force: true }))
  return folder
}

/** The path of the packed package in this folder. */
export async function pack(folder: string): Promise<string> {
  const args = ['pack', '--ignore-scripts', '--json', '--pack-destination', folder]
  const { stdout } = await run('npm', args, { cwd: ROOT })
  const [{ filename }] = JSON.parse(stdout) as [{ filename: string }]
  return join(folder, filename)
}

/** An empty project with this manifest. */
export async function makeProject(folder: string, manifest: object = {}): Promise<void> {
  await mkdir(folder)
  const text = JSON.stringify({ name: 'host', private: true, type: 'module', ...manifest })
  await writeFile(join(folder, 'package.json'), text)
}

export async function program(project: string, name: string, text: string): Promise<{ stdout: string }> {
  await writeFile(join(project, name), text)
  return run(process.execPath, [name], { cwd: project })
}
