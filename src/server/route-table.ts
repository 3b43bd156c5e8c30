// Every route of the product's own API. Server, API document and door tests read this.
import type { Route } from '#core/route.ts'
import { products } from '#src/products.ts'

/** All routes, in the order of the API document. */
export function allRoutes(): readonly Route[] {
  return products.flatMap(({ routes }) => routes)
}
