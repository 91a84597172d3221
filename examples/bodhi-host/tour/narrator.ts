/** Prints each step of the tour with its requests and responses, and conceals credentials. */

export class Narrator {
  readonly #print: (line: string) => void
  readonly #secrets = new Set<string>()
  #steps = 0

  constructor(print: (line: string) => void) {
    this.#print = print
  }

  /** Prints and runs one step. An error ends the tour. */
  async step<T>(title: string, take: () => Promise<T>): Promise<T> {
    this.#steps++
    this.#print(`\n${String(this.#steps).padStart(2)}. ${title}`)
    return take()
  }

  /** Prints a line that belongs to the step. */
  print(line: string): void {
    this.#print(`    ${this.#veil(line)}`)
  }

  /** From now on, only the beginning and the last four characters of the secret are printed. */
  conceal(secret: string): void {
    this.#secrets.add(secret)
  }

  get steps(): number {
    return this.#steps
  }

  /** A `fetch` that prints, for the browsers and the `openai` client. */
  readonly fetch = async (input: string | URL | Request, init?: RequestInit): Promise<Response> => {
    const { method, url, headers } = new Request(input, init)
    this.print(`> ${method} ${shorten(url)}${typeof init?.body === 'string' ? `  ${init.body}` : ''}`)
    const authorization = headers.get('authorization')
    if (authorization) this.print(`  Authorization: ${authorization}`)

    const response = await fetch(input, init)
    this.print(`< ${response.status} ${await gist(response)}`.trimEnd())
    return response
  }

  #veil(line: string): string {
    let veiled = line
    for (const secret of this.#secrets)
      veiled = veiled.replaceAll(secret, `${secret.slice(0, 9)}…${secret.slice(-4)}`)
    return veiled
  }
}

/** A summary of a response. The body is cloned, so that the caller can still read it. */
async function gist(response: Response): Promise<string> {
  const location = response.headers.get('location')
  if (location !== null) return `to ${shorten(location)}`
  const type = response.headers.get('content-type') ?? ''
  if (type.startsWith('application/json')) return response.clone().text()
  return type
}

/** Shortens long queries, such as the codes of a sign-in. */
function shorten(url: string): string {
  const [path = '', query] = url.split('?')
  return query === undefined ? path : `${path}?${query.length > 40 ? '…' : query}`
}
