import t from 'tap'
import { html } from '../../examples/bodhi-host/pages/html.ts'
import { call, generate, startTestHost, USERS } from './test-host.ts'

const PAGE = '/settings/api-tokens'
const USERS_PAGE = '/settings/users'
const ADMINISTRATION_PAGE = '/settings/all-api-tokens'
const HOSTILE = `<img src=x onerror=alert(1)> "quoted" 'single' &amp; </script>`

t.test('the settings page is the package’s page in the host’s layout', async (t) => {
  const host = await startTestHost(t)
  const nobody = await host.browser().open('/')
  t.equal(nobody.url, `${host.url}${PAGE}`)
  t.match(nobody.html, 'sign-in-url="/sign-in"')
  t.match(nobody.html, 'tokens-url="/bodhi/v1/tokens"')
  t.notMatch(nobody.html, 'Sign out')

  const grace = await host.signedIn('grace')
  const page = (await grace.open(PAGE)).html
  t.match(page, 'Sign out')
  t.match(page, 'href="/assets/bodhi.css"')
  t.match(page, '<a href="/settings/api-tokens" aria-current="page">API Tokens</a>')
  t.notMatch(page, USERS_PAGE, 'a user who is not an administrator sees no link to it')
})

t.test('the administration page is the package’s page in the host’s layout', async (t) => {
  const host = await startTestHost(t)
  const page = (await (await host.signedIn('ada')).open(ADMINISTRATION_PAGE)).html
  t.match(page, 'admin-url="/bodhi/v1/admin/tokens"')
  t.match(page, 'href="/assets/bodhi.css"')
  t.match(page, `<a href="${ADMINISTRATION_PAGE}" aria-current="page">All Tokens</a>`)
  const grace = await host.signedIn('grace')
  t.notMatch((await grace.open(PAGE)).html, ADMINISTRATION_PAGE, 'only administrators have the link')
})

t.test('a page runs only the host’s scripts, cannot be framed and is not cached', async (t) => {
  const host = await startTestHost(t)
  const ada = await host.signedIn('ada')
  for (const path of [PAGE, USERS_PAGE, ADMINISTRATION_PAGE]) {
    const answer = await ada.request(path)
    const policy = answer.headers.get('content-security-policy') ?? ''
    t.match(policy, /script-src 'self'(;|$)/)
    t.match(policy, /frame-ancestors 'none'/)
    t.notMatch(policy, /unsafe/)
    t.equal(answer.headers.get('cache-control'), 'no-store')
    const page = await answer.text()
    t.notMatch(page, /<script(?![^>]*src=)/, 'no inline script')
    t.notMatch(page, /\son\w+=/, 'no inline handler')
    t.notMatch(page, /\sstyle=/, 'no inline style')
  }
})

t.test('scripts and styles are public and revalidated by ETag', async (t) => {
  const host = await startTestHost(t)
  for (const file of ['users.js', 'bodhi.css']) {
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

t.test('the users page is for an administrator', async (t) => {
  const host = await startTestHost(t)
  const nobody = await host.browser().open(USERS_PAGE)
  t.equal(nobody.status, 401)
  t.match(nobody.html, 'href="/sign-in"')
  const grace = await (await host.signedIn('grace')).open(USERS_PAGE)
  t.equal(grace.status, 403)
  t.notMatch(grace.html, 'data-user=')

  const ada = await host.signedIn('ada')
  const page = (await ada.open(USERS_PAGE)).html
  t.match(page, 'aria-label="Deactivate Grace')
  t.notMatch(page, 'aria-label="Deactivate Ada', 'administrators cannot lock themselves out')
  t.match(page, '<a href="/settings/users" aria-current="page">Users</a>')
})

t.test('the users page shows deactivated users, whose tokens are refused', async (t) => {
  const host = await startTestHost(t)
  const grace = await host.signedIn('grace')
  const { credential } = await generate(grace)
  const ada = await host.signedIn('ada')
  await ada.request(`${USERS}/grace/deactivate`, { method: 'POST' })
  const page = (await ada.open(USERS_PAGE)).html
  t.match(page, 'class="badge deactivated"')
  t.match(page, 'aria-label="Reactivate Grace')
  t.equal((await call(`${host.url}/v1/models`, credential)).status, 401)
})

t.test('a hostile text is shown as plain text', async (t) => {
  t.equal(
    String(html`<b title="${HOSTILE}">${HOSTILE}</b>`).match(/<(?!\/?b)/),
    null,
    'only the tag that was written here',
  )
})
