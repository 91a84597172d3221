/** A minimal browser: it stores cookies, follows redirects and submits the login form. */

interface Cookie {
  readonly host: string
  readonly path: string
  readonly name: string
  readonly value: string
}

/** The page after all redirects. */
export interface Arrival {
  readonly url: string
  readonly status: number
  readonly html: string
}

const MOST_REDIRECTS = 20

/** The browser of one user. */
export class Browser {
  readonly #origin: string
  readonly #fetch: typeof fetch
  #cookies: Cookie[] = []

  constructor(origin: string, fetcher: typeof fetch = fetch) {
    this.#origin = origin
    this.#fetch = fetcher
  }

  /** Signs in at the built-in provider and follows all redirects. */
  async signIn(subject: string): Promise<Arrival> {
    const login = await this.open('/sign-in')
    const action = /action="([^"]+)"/.exec(login.html)?.[1]
    if (!action) throw new Error(`There is no login form at ${login.url}`)
    return this.open(new URL(action, login.url).href, {
      method: 'POST',
      headers: { 'content-type': 'application/x-www-form-urlencoded' },
      body: new URLSearchParams({ subject }).toString(),
    })
  }

  /** Opens a page and follows redirects. */
  async open(address: string, init: RequestInit = {}): Promise<Arrival> {
    let url = new URL(address, this.#origin).href
    let response = await this.request(url, init)
    for (let hops = 0; hops < MOST_REDIRECTS; hops++) {
      const location = response.headers.get('location')
      const html = await response.text()
      if (response.status < 300 || response.status > 399 || location === null) {
        return { url, status: response.status, html }
      }
      url = new URL(location, url).href
      response = await this.request(url)
    }
    throw new Error(`Too many redirects, the last to ${url}`)
  }

  /** Sends one request with its cookies, without following redirects. */
  async request(address: string, init: RequestInit = {}): Promise<Response> {
    const url = new URL(address, this.#origin)
    const headers = new Headers(init.headers)
    const cookies = this.#cookiesFor(url)
    if (cookies !== '') headers.set('cookie', cookies)
    if (init.method && init.method !== 'GET' && !headers.has('origin')) headers.set('origin', url.origin)

    const response = await this.#fetch(url.href, { ...init, headers, redirect: 'manual' })
    for (const line of response.headers.getSetCookie()) this.#keep(line, url)
    return response
  }

  /** Sends JSON or an empty body, as the page's script does. */
  async send(method: string, address: string, body?: unknown): Promise<Response> {
    if (body === undefined) return this.request(address, { method })
    const headers = { 'content-type': 'application/json' }
    return this.request(address, { method, headers, body: JSON.stringify(body) })
  }

  /** The value of a cookie that the host has set. */
  cookie(name: string): string | undefined {
    return this.#cookies.find((cookie) => cookie.name === name)?.value
  }

  /** Sets a cookie, as an attacker might. */
  plantCookie(name: string, value: string, path = '/'): void {
    this.#keep(`${name}=${value}; Path=${path}`, new URL(this.#origin))
  }

  #cookiesFor(url: URL): string {
    return this.#cookies
      .filter(({ host, path }) => host === url.hostname && isWithin(url.pathname, path))
      .map(({ name, value }) => `${name}=${value}`)
      .join('; ')
  }

  /** Stores a cookie. Cookies belong to host names and ignore ports. */
  #keep(line: string, url: URL): void {
    const [pair = '', ...attributes] = line.split(';').map((part) => part.trim())
    const split = pair.indexOf('=')
    const attribute = (name: string) =>
      attributes.find((each) => each.toLowerCase().startsWith(`${name}=`))?.slice(name.length + 1)

    const cookie = {
      host: url.hostname,
      path: attribute('path') ?? '/',
      name: pair.slice(0, split),
      value: pair.slice(split + 1),
    }
    const expires = attribute('expires')
    const isOver =
      attribute('max-age') === '0' || (expires !== undefined && Date.parse(expires) <= Date.now())
    this.#cookies = this.#cookies.filter(
      ({ host, path, name }) => host !== cookie.host || path !== cookie.path || name !== cookie.name,
    )
    if (!isOver) this.#cookies.push(cookie)
  }
}

/** RFC 6265, section 5.1.4. */
function isWithin(pathname: string, path: string): boolean {
  return pathname === path || pathname.startsWith(path.endsWith('/') ? path : `${path}/`)
}
