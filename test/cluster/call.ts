/** A request to one instance of a host, as its users and their programs send it. */

export interface Call {
  readonly method?: 'GET' | 'POST' | 'DELETE'
  readonly path?: string
  /** The signed-in user. */
  readonly user?: string
  readonly credential?: string
}

export interface Answer {
  readonly status: number
  readonly body: Readonly<Record<string, unknown>>
}

/** @throws When there is no answer. */
export async function call(
  { port }: { readonly port: number },
  { method = 'GET', path = '/', user, credential }: Call,
): Promise<Answer> {
  const response = await fetch(`http://127.0.0.1:${port}${path}`, {
    method,
    headers: {
      ...(user === undefined ? {} : { 'x-user': user }),
      ...(credential === undefined ? {} : { authorization: `Bearer ${credential}` }),
    },
    signal: AbortSignal.timeout(10_000),
  })
  const text = await response.text()
  const isJson = response.headers.get('content-type')?.startsWith('application/json') === true
  return { status: response.status, body: isJson ? JSON.parse(text) : {} }
}
