// Evidence that no single room can bring: tests that attack the whole house.
import type { Evidence } from '#core/evidence/evidence.ts'

export const trustEvidence: readonly Evidence[] = [
  { name: 'canaries', kind: 'live', claims: ['PX-13'], on: 'cell', everyMinutes: 15 },
  {
    name: 'attacks-across',
    kind: 'test',
    claims: ['PX-13'],
    files: [
      'test/doors/refusals.test.ts',
      'test/isolation/api.test.ts',
      'test/isolation/sealed.test.ts',
      'test/isolation/sql.test.ts',
    ],
    breaker: 'src/trust/claims/attacks-across.test.ts',
    freshDays: 30,
  },
  {
    name: 'planted-words',
    kind: 'test',
    claims: ['PD-03'],
    files: ['test/plaintext/at-rest.test.ts', 'test/plaintext/scan-for.test.ts'],
    breaker: 'test/plaintext/at-rest.test.ts',
    freshDays: 30,
  },
]
