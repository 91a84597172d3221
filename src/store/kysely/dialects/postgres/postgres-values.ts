/** Reads the values of PostgreSQL by their type alone, whatever type parsers a host has set in `pg`. */

/** What `pg` asks for each column of a result. */
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
 * Numbers as numbers and everything else as text. A query that carries these parsers is not affected by
 * `pg.types.setTypeParser`, nor by the `types` of a client.
 */
export const ownParsers: TypeParsers = {
  getTypeParser: (typeId) => (NUMBERS.includes(typeId) ? Number : (value) => value),
}
