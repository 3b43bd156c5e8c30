/**
 * The claims and their evidence fit together: every claim that a manifest names is in the registry and has its words; what runs in
 * an edge is there; and whatever shows a claim has a test that breaks the thing and sees the claim fail.
 */
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Evidence } from '#core/evidence/evidence.ts'
import { type CheckResult, type Problem, report } from './check-result.ts'

const MANIFEST = 'generated/evidence.json'
const REGISTRY = 'src/trust/claims/registry.ts'
/** What only a whole installation shows. */
const WHOLE = 'test/privileges/claims.test.ts'
const WORDS = 'web/messages/en-claims.ts'
const CLAIM = /'((?:PX|PD|P9)-\d\d)'/g

/** Checks what lies below `root`. `seen` counts pairs of evidence and claim. */
export function checkClaims(root: string): CheckResult {
  const text = (path: string): string =>
    existsSync(join(root, path)) ? readFileSync(join(root, path), 'utf8') : ''
  const problems: Problem[] = []
  const complain = (file: string, message: string): void => void problems.push({ file, message })
  const claims = new Set([...text(REGISTRY).matchAll(CLAIM)].map((match) => match[1] ?? ''))
  const words = text(WORDS)
  for (const claim of claims)
    if (!words.includes(`'claim.${claim}'`)) complain(WORDS, `has no words for ${claim}`)
  const evidence: Evidence[] = JSON.parse(text(MANIFEST) || '[]')
  let seen = 0
  for (const one of evidence) {
    if (evidence.filter(({ name }) => name === one.name).length > 1)
      complain(MANIFEST, `names ${one.name} twice`)
    if (
      one.kind === 'live' &&
      !new RegExp(`^  '?${one.name}'?[:,]`, 'm').test(text(`src/${one.on}/evidence/${one.on}-probes.ts`))
    )
      complain(`src/${one.on}/evidence/${one.on}-probes.ts`, `has no probe ${one.name}`)
    if (one.kind !== 'live')
      for (const file of one.files)
        if (text(file) === '') complain(MANIFEST, `${one.name} names ${file}, which does not exist`)
    const breakers = one.kind === 'live' ? [...testsIn(root, `src/${one.on}/evidence`), WHOLE] : [one.breaker]
    for (const claim of one.claims) {
      seen++
      if (!claims.has(claim))
        complain(MANIFEST, `${one.name} names ${claim}, which is no claim of the registry`)
      else if (!breakers.some((file) => text(file).includes(`${one.name}: ${claim} fails `)))
        complain(
          MANIFEST,
          `no test breaks what ${one.name} shows: none is called “${one.name}: ${claim} fails …”`,
        )
    }
  }
  return { name: 'claims', seen, problems, warnings: [] }
}

function testsIn(root: string, folder: string): string[] {
  if (!existsSync(join(root, folder))) return []
  return readdirSync(join(root, folder))
    .filter((name) => name.endsWith('.test.ts'))
    .map((name) => `${folder}/${name}`)
}

if (import.meta.main) report(checkClaims(process.cwd()))
