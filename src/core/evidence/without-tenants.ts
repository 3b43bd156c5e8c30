// What evidence found is shown to everybody who is signed in, so it must not name a tenant: routing ids become numbers.
// The log of the process keeps the names, for whoever has to mend it.
import type { Finding } from './evidence.ts'

const NAMES = /\bt_([a-z2-7]{13})|\bcontainer ([a-z2-7]{13})\b|^([a-z2-7]{13})(?=\/| is )/g

const WORD = /(?<![a-z2-7])[a-z2-7]{13}(?![a-z2-7])/g

/**
 * The same finding; each tenant it names is `tenant 1`, `tenant 2`, … in the order of their appearance. `known` are the routing ids of
 * the cell: wherever one of them stands it is replaced; any other where a probe is known to write one.
 */
export function withoutTenants(finding: Finding, known: ReadonlySet<string>): Finding {
  const numbers = new Map<string, number>()
  const numberOf = (tenant: string): number => {
    const number = numbers.get(tenant) ?? numbers.size + 1
    numbers.set(tenant, number)
    return number
  }
  const faults = finding.faults.map((fault) =>
    fault
      .replace(NAMES, (whole, schema?: string, container?: string, path?: string) => {
        const tenant = schema ?? container ?? path ?? ''
        return whole.replace(/^t_/, '').replace(tenant, `tenant ${numberOf(tenant)}`)
      })
      .replace(WORD, (word) => (known.has(word) ? `tenant ${numberOf(word)}` : word)),
  )
  return { ...finding, faults }
}
