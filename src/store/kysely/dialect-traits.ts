/** What differs between the databases, each trait in its database's own best form. */

import type { AliasedRawBuilder, ColumnDataType, RawBuilder } from 'kysely'
import type { TokenUse } from '../token-store.ts'

/** One row of a batch of uses, as the statement that records them sees it. */
export interface UseRow {
  id: string
  uses: number
  used_at: number
}

export interface DialectTraits {
  /** Column types: text compared byte by byte, and whole numbers of up to 53 bits. */
  readonly text: ColumnDataType | RawBuilder<unknown>
  readonly integer: ColumnDataType | RawBuilder<unknown>
  /** What follows the closing parenthesis of CREATE TABLE. */
  readonly tableOptions: RawBuilder<unknown>
  /** A batch of uses as a table named `used`, in one parameter. */
  usesTable(uses: readonly TokenUse[]): AliasedRawBuilder<UseRow, 'used'>
}
