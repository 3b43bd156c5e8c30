// The claims that the core keeps, and what runs to show it.
import type { Evidence } from './evidence.ts'

const cell = { kind: 'live', on: 'cell' } as const
const worker = { kind: 'live', on: 'worker' } as const

export const coreEvidence: readonly Evidence[] = [
  { ...worker, name: 'tls-ports', claims: ['PX-09'], everyMinutes: 10 },
  { ...worker, name: 'cipher-suites', claims: ['P9-33'], everyMinutes: 30 },
  { ...worker, name: 'password-hash', claims: ['P9-15'], everyMinutes: 30 },
  { ...cell, name: 'password-place', claims: ['PX-11'], everyMinutes: 30 },
  { ...cell, name: 'authorship', claims: ['PX-12'], everyMinutes: 30 },
  { ...cell, name: 'tenant-walls', claims: ['PX-14'], everyMinutes: 15 },
  { ...worker, name: 'blob-doors', claims: ['PX-17', 'PX-14'], everyMinutes: 15 },
  { ...cell, name: 'process-walls', claims: ['PX-18'], everyMinutes: 15 },
  { ...cell, name: 'calls-audited', claims: ['PX-21'], everyMinutes: 10 },
  { ...cell, name: 'transit', claims: ['PX-25'], everyMinutes: 15 },
  { ...cell, name: 'egress', claims: ['PX-26'], everyMinutes: 5 },
  { ...cell, name: 'separate-stores', claims: ['PD-02'], everyMinutes: 30 },
  { ...cell, name: 'sealed-columns', claims: ['PD-03'], everyMinutes: 30 },
  { ...worker, name: 'sealed-blobs', claims: ['PD-03'], everyMinutes: 30 },
  { ...cell, name: 'region-pinning', claims: ['PD-04'], everyMinutes: 30 },
  { ...cell, name: 'least-privilege', claims: ['PD-10'], everyMinutes: 30 },
  { ...cell, name: 'tiers', claims: ['PD-17'], everyMinutes: 30 },
  { ...cell, name: 'column-classes', claims: ['P9-19'], everyMinutes: 30 },
  { ...cell, name: 'copies', claims: ['P9-22'], everyMinutes: 30 },
  { ...cell, name: 'erasures', claims: ['P9-24'], everyMinutes: 15 },
  {
    name: 'destruction',
    kind: 'test',
    claims: ['P9-24'],
    files: [
      'src/cell/destroyer.test.ts',
      'test/destruction/documents.test.ts',
      'test/destruction/older-copy.test.ts',
      'test/destruction/organisations.test.ts',
      'test/destruction/persons.test.ts',
    ],
    breaker: 'test/destruction/documents.test.ts',
    freshDays: 30,
  },
  { ...cell, name: 'recovery-kit', claims: ['P9-31'], everyMinutes: 30 },
  { ...cell, name: 'job-payloads', claims: ['P9-23'], everyMinutes: 30 },
  { ...worker, name: 'work-leftovers', claims: ['P9-23'], everyMinutes: 30 },
  {
    name: 'sessions',
    kind: 'test',
    claims: ['PX-10'],
    files: ['src/core/auth/accounts.test.ts', 'src/core/auth/lists.test.ts', 'test/doors/refusals.test.ts'],
    breaker: 'src/core/auth/session-claims.test.ts',
    freshDays: 30,
  },
  {
    name: 'signed-requests',
    kind: 'test',
    claims: ['PX-27'],
    files: [
      'src/core/auth/signing/read-pdx.test.ts',
      'src/core/auth/signing/read-message-signature.test.ts',
      'src/core/auth/signing/signature-base.test.ts',
      'test/vectors/ruby-sdk.test.ts',
      'src/server/authenticate-signed.test.ts',
      'src/server/tampered-requests.test.ts',
    ],
    breaker: 'src/server/tampered-requests.test.ts',
    freshDays: 30,
  },
]
