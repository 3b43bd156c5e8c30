// What a story is: an address of the app and the answers its queries find there. Typed by the queries themselves.
import type { QueryClient } from '@tanstack/react-query'
import type { ApiProblem } from '../app/api-call.ts'

export interface Story {
  name: string
  path: string
  /** Fills the query client; what is not filled stays as if the server had not answered yet. */
  fill: (client: QueryClient) => void
  /** Key of a query that fails, and with what. */
  fails?: readonly [unknown, ApiProblem]
}
