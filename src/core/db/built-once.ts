// Statements that are built once: the query builder costs more than the rest of a small read.
// Must stay true: a value is only ever a parameter, so the text is the same for all of them.
import { type Compilable, CompiledQuery, type Kysely } from 'kysely'
import type { TenantTables } from './tables.gen.ts'

/**
 * A statement of which only values differ. `build` is called once, with stand-ins: it must hand them to the query as values and
 * look at none of them. Throws when a value did not become a parameter.
 */
export function builtOnce<Values extends readonly unknown[], Row>(
  build: (db: Kysely<TenantTables>, ...values: Values) => Compilable<Row>,
): (db: Kysely<TenantTables>, ...values: Values) => Compilable<Row> {
  let built: { like: CompiledQuery<Row>; places: readonly (number | Fixed)[] } | undefined

  function buildFor(db: Kysely<TenantTables>, count: number) {
    const standIns = Array.from({ length: count }, (_, index) => new StandIn(index))
    const { sql, parameters } = build(db, ...(standIns as unknown as Values)).compile()
    const places = parameters.map((value) => (value instanceof StandIn ? value.index : { fixed: value }))
    if (new Set(places.filter((place) => typeof place === 'number')).size !== count)
      throw new Error('a value did not become a parameter')
    return { like: CompiledQuery.raw(sql) as CompiledQuery<Row>, places }
  }

  return (db, ...values) => ({
    compile() {
      built ??= buildFor(db, values.length)
      const parameters = built.places.map((place) =>
        typeof place === 'number' ? values[place] : place.fixed,
      )
      return { ...built.like, parameters }
    },
  })
}

interface Fixed {
  readonly fixed: unknown
}

class StandIn {
  readonly index: number

  constructor(index: number) {
    this.index = index
  }
}
