// Components of a message as RFC 9421 names them.
import type { Bare, Item } from '../../net/structured-fields.ts'

/** A covered component; `true` is a flag such as `req`. */
export function component(name: string, parameters: Readonly<Record<string, string | true>> = {}): Item {
  const bares = Object.entries(parameters).map(([key, value]): [string, Bare] => [
    key,
    value === true ? { type: 'boolean', value } : { type: 'string', value },
  ])
  return { bare: { type: 'string', value: name }, parameters: new Map(bares) }
}
