/** Writes generated/evidence.json from the manifests: what runs to show which claims, for the processes that load no product. */
import { products } from '#src/products.ts'
import { writeOrCheck } from './write-or-check.ts'

/** The text of generated/evidence.json. */
export function renderEvidence(): string {
  const all = products.flatMap(({ evidence }) => evidence ?? [])
  return `[\n${all.map((one) => `  ${JSON.stringify(one)}`).join(',\n')}\n]\n`
}

if (import.meta.main) writeOrCheck('generated/evidence.json', renderEvidence())
