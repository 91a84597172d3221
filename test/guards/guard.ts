/** A check that holds a promise, as the small change that removes it, and the tests that must notice. */

export interface Guard {
  /** The promise, and what is removed. */
  readonly name: string
  readonly file: string
  /** The text that stands exactly once in the file. */
  readonly remove: string
  readonly put: string
  /** Where a test must turn red. */
  readonly tests: readonly string[]
}
