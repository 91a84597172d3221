/** The output of a command. */

export interface Terminal {
  /** Prints a line of the result to standard output. */
  print(line: string): void
  /** Prints an error or a warning to standard error. */
  warn(line: string): void
}

/** A command: takes the arguments after its name and returns the exit code of the process. */
export type Command = (args: readonly string[], terminal: Terminal) => Promise<number>
