// What evidence found is shown to everybody who is signed in, so it must not name a tenant: routing ids become numbers.
// The log of the process keeps the names, for whoever has to mend it.
import type { Finding } from './evidence.ts'

const NAMES = /\bt_([a-z2-7]{13})|\bcontainer ([a-z2-7]{13})\b|^([a-z2-7]{13})(?=\/| is )/g

/** The same finding; each tenant it names is `tenant 1`, `tenant 2`, … in the order of their appearance. */
export function withoutTenants(finding: Finding): Finding {
  const numbers = new Map<string, number>()
  const numberOf = (tenant: string): number => {
    const known = numbers.get(tenant) ?? numbers.size + 1
    numbers.set(tenant, known)
    return known
  }
  const faults = finding.faults.map((fault) =>
    fault.replace(NAMES, (whole, schema?: string, container?: string, path?: string) => {
      const tenant = schema ?? container ?? path ?? ''
      return whole.replace(/^t_/, '').replace(tenant, `tenant ${numberOf(tenant)}`)
    }),
  )
  return { ...finding, faults }
}
