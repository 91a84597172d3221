/** Where a command says what it has to say. */

export interface Terminal {
  /** A line of the answer. */
  print(line: string): void
  /** A line about what went wrong, or what to heed. */
  warn(line: string): void
}

/** A command: takes what stands behind its name, returns the exit code of the process. */
export type Command = (args: readonly string[], terminal: Terminal) => Promise<number>
