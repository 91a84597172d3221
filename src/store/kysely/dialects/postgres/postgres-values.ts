/** Parses values of PostgreSQL, independent of the type parsers that a host has set in `pg`. */

/** The type parsers of a query, see `pg`. */
export interface TypeParsers {
  getTypeParser(typeId: number): (value: string) => unknown
}

const INT8 = 20
const INT2 = 21
const INT4 = 23
const FLOAT4 = 700
const FLOAT8 = 701
const NUMBERS: readonly number[] = [INT8, INT2, INT4, FLOAT4, FLOAT8]

/**
 * Returns numbers as numbers and all other values as texts. These parsers override `pg.types.setTypeParser` and the `types`
 * of a client.
 */
export const ownParsers: TypeParsers = {
  getTypeParser: (typeId) => (NUMBERS.includes(typeId) ? Number : (value) => value),
}
