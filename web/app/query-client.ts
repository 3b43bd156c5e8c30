// How answers are kept and asked for again. Refusals are final; only a lost connection or a busy server is tried again.
import { QueryClient } from '@tanstack/react-query'
import { ApiProblem } from './api-call.ts'

/** True when asking again may help. */
export function mayHelp(error: unknown): boolean {
  return error instanceof ApiProblem && (error.status === 0 || error.status === 503)
}

export function createQueryClient(): QueryClient {
  return new QueryClient({
    defaultOptions: {
      queries: {
        staleTime: 10_000,
        retry: (count, error) => count < 2 && mayHelp(error),
        refetchOnWindowFocus: true,
      },
      mutations: { retry: false },
    },
  })
}
