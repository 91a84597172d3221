/** Prints rows as columns. */

import type { Terminal } from './terminal.ts'

/** Prints a line for each row. A column is as wide as its longest cell. */
export function printTable(rows: readonly (readonly string[])[], { print }: Terminal): void {
  const cells = rows.map((row) => row.map(printable))
  const widths = cells.reduce<number[]>(
    (all, row) => row.map((cell, n) => Math.max(all[n] ?? 0, cell.length)),
    [],
  )
  for (const row of cells)
    print(
      row
        .map((cell, n) => cell.padEnd(widths[n] ?? 0))
        .join('  ')
        .trimEnd(),
    )
}

/** Texts of users must not control the terminal or look like another row. */
export function printable(text: string): string {
  return text.replace(
    /[\p{C}\p{Zl}\p{Zp}]/gu,
    (character) => `\\u{${character.codePointAt(0)?.toString(16)}}`,
  )
}
