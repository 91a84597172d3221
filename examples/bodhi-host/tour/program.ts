/** A token in the hands of a program, as the tour sees it. */

/** A token that was generated in the tour, with the one sight of its credential. */
export interface GeneratedToken {
  readonly id: string
  readonly credential: string
}

/** What a program meets that calls the host with a credential, each checked. */
export interface Program {
  works(credential: string): Promise<void>
  isRefused(credential: string): Promise<void>
}
