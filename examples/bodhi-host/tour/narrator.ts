/** Tells the tour: prints each step with its requests and answers, and shows a credential once. */

export class Narrator {
  readonly #print: (line: string) => void
  readonly #secrets = new Set<string>()
  #steps = 0

  constructor(print: (line: string) => void) {
    this.#print = print
  }

  /** Tells and takes one step. What it throws ends the tour. */
  async step<T>(title: string, take: () => Promise<T>): Promise<T> {
    this.#steps++
    this.#print(`\n${String(this.#steps).padStart(2)}. ${title}`)
    return take()
  }

  /** Prints a line that belongs to the step. */
  tell(line: string): void {
    this.#print(`    ${this.#veil(line)}`)
  }

  /** From now on the secret is printed as its beginning and its last four characters. */
  conceal(secret: string): void {
    this.#secrets.add(secret)
  }

  get steps(): number {
    return this.#steps
  }

  /** `fetch`, told: for the browsers and for the `openai` client alike. */
  readonly fetch = async (input: string | URL | Request, init?: RequestInit): Promise<Response> => {
    const { method, url, headers } = new Request(input, init)
    this.tell(`> ${method} ${shorten(url)}${typeof init?.body === 'string' ? `  ${init.body}` : ''}`)
    const authorization = headers.get('authorization')
    if (authorization) this.tell(`  Authorization: ${authorization}`)

    const response = await fetch(input, init)
    this.tell(`< ${response.status} ${await gist(response)}`.trimEnd())
    return response
  }

  #veil(line: string): string {
    let veiled = line
    for (const secret of this.#secrets)
      veiled = veiled.replaceAll(secret, `${secret.slice(0, 9)}…${secret.slice(-4)}`)
    return veiled
  }
}

/** What is worth printing of an answer, without taking its body from whoever asked. */
async function gist(response: Response): Promise<string> {
  const location = response.headers.get('location')
  if (location !== null) return `to ${shorten(location)}`
  const type = response.headers.get('content-type') ?? ''
  if (type.startsWith('application/json')) return response.clone().text()
  return type
}

/** Codes and states of a sign-in are long and say nothing to a reader. */
function shorten(url: string): string {
  const [path = '', query] = url.split('?')
  return query === undefined ? path : `${path}?${query.length > 40 ? '…' : query}`
}
