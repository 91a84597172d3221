/** Tells the other tabs of this browser that something has changed. No more than that is said: each asks for itself. */

export class OtherTabs {
  readonly #channel: BroadcastChannel

  constructor(tokensUrl: string, onChange: () => void) {
    this.#channel = new BroadcastChannel(`fastify-api-tokens ${new URL(tokensUrl, location.href).href}`)
    this.#channel.onmessage = () => onChange()
  }

  tell(): void {
    this.#channel.postMessage('changed')
  }

  close(): void {
    this.#channel.close()
  }
}
