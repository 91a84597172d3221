import t from 'tap'
import { issue, startHost, withToken } from './support/host.ts'

t.test('a token that a signed-in user issued opens a protected route', async (t) => {
  const { app } = await startHost(t)
  const { token, id } = await issue(app, 'ada', { name: 'ci' })
  const response = await app.inject(withToken(token))
  t.equal(response.statusCode, 200)
  t.match(response.json(), { tokenId: id, userId: 'ada', scopes: [] })
})
