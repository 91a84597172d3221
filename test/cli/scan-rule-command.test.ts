/** `fastify-api-tokens scan-rule`: what it prints finds every credential that is issued, and nothing shorter or longer. */

import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { scanRuleCommand } from '../../src/cli/scan-rule-command.ts'
import { issue, startHost } from '../support/host.ts'
import { ed25519Key, hs256Key } from '../support/keys.ts'

async function printed(...args: string[]): Promise<string> {
  const lines: string[] = []
  const code = await scanRuleCommand(args, { print: (line) => lines.push(line), warn: () => undefined })
  t.equal(code, 0)
  return lines.join('\n')
}

t.test('the regular expression matches issued credentials, and only whole ones', async (t) => {
  const [line = ''] = (await printed('--prefix', 'acme_')).split('\n')
  const pattern = new RegExp(line)
  for (const key of [hs256Key(), ed25519Key()]) {
    const { app } = await startHost(t, { keys: [key], credentials: 'compact', tokenPrefix: 'acme_' })
    for (let times = 0; times < 50; times += 1) {
      const { token } = await issue(app, 'ada')
      t.equal(pattern.exec(token)?.[0], token)
      for (const text of [
        `KEY=${token}`,
        `"${token}"`,
        `https://x?key=${token}&b`,
        `Bearer ${token}\n`,
        `(${token}).`,
      ])
        t.equal(pattern.exec(text)?.[0], token, text.replace(token, '…'))
      for (const text of [
        token.slice(0, -1),
        `${token}a`,
        `${token}_`,
        `x${token}`,
        token.toUpperCase(),
        token.replace('acme_', 'other_'),
        token.slice('acme_'.length),
      ]) {
        t.notMatch(text, pattern, text.slice(0, 12))
      }
    }
  }
})

t.test('the rule for gitleaks has the same expression, as the documentation shows', async (t) => {
  const output = await printed('--prefix', 'acme_')
  const [line] = output.split('\n')
  t.ok(output.includes(`regex = '''${line}'''`))
  t.match(output, /^\[\[rules\]\]\nid = "api-token-acme_"\n/m)
  t.match(await printed('--prefix', 'Acme_Live_'), /keywords = \["acme_live_"\]$/)
  for (const page of ['guides/find-leaked-credentials.md', 'reference/command.md']) {
    const text = readFileSync(join(import.meta.dirname, '../../docs', page), 'utf8')
    t.ok(text.includes(`\n${output}\n`), page)
  }
})

t.test('a missing or wrong prefix, and an argument without effect, are refused', async (t) => {
  await t.rejects(printed(), { message: 'scan-rule needs --prefix' })
  await t.rejects(printed('--prefix', 'acme_', 'x'), { message: 'scan-rule takes no argument: x' })
  for (const prefix of ['acme-', 'a b', 'é', 'x'.repeat(33), '.*'])
    await t.rejects(printed('--prefix', prefix), { message: /^--prefix must be at most 32 letters/ }, prefix)
})
