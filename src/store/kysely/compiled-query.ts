/** A query that is built once and run with other values each time: building costs more than most queries do. */

import type { CompiledQuery } from 'kysely'

/** Stands in a query for a value that is given when it runs. */
class Slot {
  readonly name: string

  constructor(name: string) {
    this.name = name
  }
}

/** What a query is built with in the place of a value. Kysely passes values on as they are, whatever their type says. */
export function slot<T>(name: string): T {
  return new Slot(name) as T
}

/** The query with its values. */
export function withValues<Row>(
  query: CompiledQuery<Row>,
  values: Readonly<Record<string, unknown>>,
): CompiledQuery<Row> {
  const parameters = query.parameters.map((value) => (value instanceof Slot ? values[value.name] : value))
  return { ...query, parameters }
}
