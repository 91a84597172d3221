import t from 'tap'
import { html } from '../../examples/bodhi-host/pages/html.ts'
import { call, generate, startTestHost, TOKENS } from './test-host.ts'

const PAGE = '/settings/api-tokens'
const HOSTILE = `<img src=x onerror=alert(1)> "quoted" 'single' &amp; </script>`

t.test('who is not signed in is asked to sign in', async (t) => {
  const host = await startTestHost(t)
  const page = await host.browser().open('/')
  t.equal(page.url, `${host.url}${PAGE}`)
  t.match(page.html, /href="\/sign-in"/)
  t.notMatch(page.html, /id="generate"/)
})

t.test(
  'the list shows the owner’s tokens, their use, and the day they go idle, and no credential',
  async (t) => {
    const host = await startTestHost(t)
    const grace = await host.signedIn('grace')
    const ada = await host.signedIn('ada')
    t.match((await grace.open(PAGE)).html, /No tokens yet/)

    const { id, credential } = await generate(grace, { name: 'My notebook' })
    await generate(ada, { name: 'Not hers' })
    await call(`${host.url}/v1/models`, credential)

    const page = (await grace.open(PAGE)).html
    t.match(page, /My notebook/)
    t.match(page, `…${credential.slice(-4)}`)
    t.notMatch(page, credential)
    t.notMatch(page, 'Not hers')
    t.equal(page.match(/<time /g)?.length, 2, 'last used, and the day it goes idle')
    t.match(page, /aria-label="Revoke My notebook"/)

    await grace.send('PATCH', `${TOKENS}/${id}`, { status: 'inactive' })
    t.match((await grace.open(PAGE)).html, /aria-label="Switch on My notebook"/)
    await grace.send('DELETE', `${TOKENS}/${id}`)
    const revoked = (await grace.open(PAGE)).html
    t.match(revoked, /class="status revoked"/)
    t.notMatch(revoked, /data-action=/)
  },
)

t.test('a hostile name is text', async (t) => {
  const host = await startTestHost(t)
  const grace = await host.signedIn('grace')
  await generate(grace, { name: HOSTILE })
  const page = (await grace.open(PAGE)).html
  t.notMatch(page, '<img')
  t.equal(page.match(/<script/g)?.length, 1, "the page's own")
  const escaped = String(html`${HOSTILE}`)
  t.match(page, `data-name="${escaped}"`)
  t.match(page, `<th scope="row">${escaped} `)
})

t.test('a page runs no script but the host’s own, is framed by nobody and kept by no cache', async (t) => {
  const host = await startTestHost(t)
  const grace = await host.signedIn('grace')
  const answer = await grace.request(PAGE)
  const policy = answer.headers.get('content-security-policy') ?? ''
  t.match(policy, /script-src 'self'(;|$)/)
  t.match(policy, /frame-ancestors 'none'/)
  t.notMatch(policy, /unsafe/)
  t.equal(answer.headers.get('cache-control'), 'no-store')
  const page = await answer.text()
  t.notMatch(page, /<script(?![^>]*src=)/, 'no inline script')
  t.notMatch(page, /\son\w+=/, 'no inline handler')
  t.notMatch(page, /\sstyle=/, 'no inline style')
})

t.test('scripts and styles are public, and caches may ask by ETag', async (t) => {
  const host = await startTestHost(t)
  for (const file of ['settings.js', 'settings.css']) {
    const first = await fetch(`${host.url}/assets/${file}`)
    t.equal(first.status, 200)
    t.match(first.headers.get('cache-control'), /^public, max-age=/)
    const etag = first.headers.get('etag') ?? ''
    const again = await fetch(`${host.url}/assets/${file}`, { headers: { 'if-none-match': etag } })
    t.equal(again.status, 304)
    const elsewhere = await fetch(`${host.url}/v1/models`, { headers: { 'if-none-match': etag } })
    t.equal(elsewhere.status, 401, 'no ETag answers before a token is asked for')
  }
})

t.test('many tokens come in pages', async (t) => {
  const host = await startTestHost(t)
  const grace = await host.signedIn('grace')
  for (let n = 1; n <= 51; n++) await generate(grace, { name: `number ${n}` })
  const first = (await grace.open(PAGE)).html
  t.equal(first.match(/<tr data-token=/g)?.length, 50)
  const older = /href="(\?cursor=[^"]+)"/.exec(first)?.[1] ?? ''
  const second = (await grace.open(`${PAGE}${older}`)).html
  t.match(second, /data-name="number 1"/)
  t.equal(second.match(/<tr data-token=/g)?.length, 1)
})
