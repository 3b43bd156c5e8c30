import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { plantTree } from '#test/plant-tree.ts'
import { checkClaims } from './check-claims.ts'

const LIVE = { name: 'doors', kind: 'live', on: 'cell', claims: ['PX-01'], everyMinutes: 5 }
const SOUND = {
  'src/trust/claims/registry.ts': `const rows = [['PX-01', 'walls']]`,
  'web/messages/en-claims.ts': `'claim.PX-01': 'words'`,
  'generated/evidence.json': JSON.stringify([LIVE]),
  'src/cell/evidence/cell-probes.ts': 'export const cellProbes = {\n  doors,\n}',
  'src/cell/evidence/doors.test.ts': `it('doors: PX-01 fails when one stands open', () => undefined)`,
}

function problemsOf(files: Record<string, string>): string {
  using tree = plantTree({ ...SOUND, ...files })
  return checkClaims(tree.root)
    .problems.map(({ message }) => message)
    .join('\n')
}

describe('the check of claims', () => {
  it('passes what fits together', () => assert.equal(problemsOf({}), ''))
  it('refuses a claim that the registry does not know', () =>
    assert.match(
      problemsOf({ 'generated/evidence.json': JSON.stringify([{ ...LIVE, claims: ['PX-99'] }]) }),
      /PX-99, which is no claim/,
    ))
  it('refuses evidence that no test breaks', () =>
    assert.match(
      problemsOf({ 'src/cell/evidence/doors.test.ts': `it('doors open', () => undefined)` }),
      /no test breaks what doors shows/,
    ))
  it('refuses evidence that nothing runs', () =>
    assert.match(
      problemsOf({ 'src/cell/evidence/cell-probes.ts': 'export const cellProbes = {}' }),
      /has no probe doors/,
    ))
  it('refuses a claim without words', () =>
    assert.match(problemsOf({ 'web/messages/en-claims.ts': '' }), /no words for PX-01/))
  it('refuses tests that do not exist', () => {
    const test = {
      name: 'attacks',
      kind: 'test',
      claims: ['PX-01'],
      files: ['test/gone.test.ts'],
      breaker: 'test/gone.test.ts',
      freshDays: 3,
    }
    const found = problemsOf({ 'generated/evidence.json': JSON.stringify([test]) })
    assert.match(found, /names test\/gone\.test\.ts, which does not exist/)
    assert.match(found, /no test breaks what attacks shows/)
  })
})
