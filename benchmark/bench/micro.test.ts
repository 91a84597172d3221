/** The micro benchmarks measure the code that the plugin runs. */

import t from 'tap'
import { countStatements } from './micro/count-statements.ts'
import { newConnection, requestsOf } from './micro/requests.ts'
import { startSubject } from './micro/subject.ts'

t.test('promise 12: a warm request is answered within the call, and runs no statement', async (t) => {
  const { app, verify, warm, close } = await startSubject()
  t.teardown(close)
  const credentials = await warm(3)
  const requests = await requestsOf(app)
  const count = countStatements()
  const connection = newConnection()
  for (const credential of [...credentials, ...credentials]) {
    const [request, reply] = requests.next(connection, credential)
    let answers = 0
    verify(request, reply, (error) => {
      answers += 1
      t.equal(error, undefined)
    })
    t.equal(answers, 1, 'before the call returns')
  }
  t.equal(count.stop(), 0)
})

t.test('a forged credential runs no statement either', async (t) => {
  const { app, verify, warm, close } = await startSubject()
  t.teardown(close)
  const [credential = ''] = await warm(1)
  const requests = await requestsOf(app)
  const count = countStatements()
  const [request, reply] = requests.next(newConnection(), `${credential.slice(0, -9)}AAAAAAAAA`)
  const { promise, resolve } = Promise.withResolvers<Error | undefined>()
  verify(request, reply, resolve)
  t.match(await promise, { code: 'FST_API_TOKENS_INVALID' })
  t.equal(count.stop(), 0)
})

t.test('a token of an owner who has one already is issued by four statements in a transaction', async (t) => {
  const { issue, close } = await startSubject()
  t.teardown(close)
  await issue('ada')
  const count = countStatements()
  await issue('ada')
  t.equal(count.stop(), 6, 'BEGIN, the owner, its expired tokens, INSERT, the counts, COMMIT')
})
