/** Prints rows as columns, and JSON. */

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

/** Prints JSON in which no character controls the terminal. */
export function printJson(value: unknown, { print }: Terminal): void {
  const text = JSON.stringify(value, null, 2)
  print(text.replace(/[^\n\P{C}]|[\p{Zl}\p{Zp}]/gu, escaped))
}

/** As an escape of JSON, for each UTF-16 unit. */
function escaped(character: string): string {
  const units = Array.from({ length: character.length }, (_, n) => character.charCodeAt(n))
  return units.map((unit) => `\\u${unit.toString(16).padStart(4, '0')}`).join('')
}

/** Texts of users must not control the terminal or look like another row. */
export function printable(text: string): string {
  return text.replace(
    /[\p{C}\p{Zl}\p{Zp}]/gu,
    (character) => `\\u{${character.codePointAt(0)?.toString(16)}}`,
  )
}

/** The same for an error of several lines. */
export function printableLines(text: string): string {
  return text.split('\n').map(printable).join('\n')
}
