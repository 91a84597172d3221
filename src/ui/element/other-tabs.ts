/** Notifies other tabs of this browser about a change. The message has no content: each tab reloads. */

export class OtherTabs {
  readonly #channel: BroadcastChannel

  constructor(tokensUrl: string, onChange: () => void) {
    this.#channel = new BroadcastChannel(`fastify-api-tokens ${new URL(tokensUrl, location.href).href}`)
    this.#channel.onmessage = () => onChange()
  }

  notify(): void {
    this.#channel.postMessage('changed')
  }

  close(): void {
    this.#channel.close()
  }
}
