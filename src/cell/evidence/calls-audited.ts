// PX-21: calls leave a trace as they happen, refused ones too. The probe makes calls without a credential, and with broken
// ones, and sees each in the region's log before it looks away.
import { askOwnWeb } from '#core/evidence/ask-own-web.ts'
import { judge } from '#core/evidence/evidence.ts'
import type { CellProbe } from './cell-ground.ts'

/** What is asked, and the trace it leaves. `Bearer x` names no tenant, so the region's log has it. */
const CALLS = [
  { path: '/v1/regions', headers: {}, reason: 'listRegions:done' },
  { path: '/v1/me', headers: {}, reason: 'readMe:absent' },
  { path: '/v1/audit', headers: {}, reason: 'listAudit:absent' },
  { path: '/v1/me', headers: { authorization: 'Basic eDp5' }, reason: 'readMe:unreadable' },
] as const

/** Counts of the region's log before and after. Others may call meanwhile, so more is fine and less is not. */
export const callsAudited: CellProbe = async ({ ask, region, config }) => {
  const counts = async (): Promise<Map<string, number>> => {
    const rows = await ask<{ reason: string; count: number }>(
      `select reason, sum(count)::int as count from cell.refusal where minute > now() - interval '1 hour' group by reason`,
    )
    return new Map(rows.map(({ reason, count }) => [reason, count]))
  }
  const before = await counts()
  const faults: string[] = []
  for (const { path, headers, reason } of CALLS) {
    const { status } = await askOwnWeb(`${region.url}${path}`, { headers, ca: config.caCertificateFile })
    if (reason.endsWith(':done') ? status !== 200 : status !== 401)
      faults.push(`GET ${path} answered ${status}`)
  }
  const after = await counts()
  for (const { path, reason } of CALLS)
    if ((after.get(reason) ?? 0) <= (before.get(reason) ?? 0))
      faults.push(`GET ${path} left no ${reason} in the region's log`)
  const silent = await ask<{ tenant: string }>(
    `select tenant from cell.audit_due where at < now() - interval '5 minutes' limit 20`,
  )
  for (const { tenant } of silent)
    faults.push(`events of ${tenant} wait to be sealed for more than five minutes`)
  return judge({ calls: CALLS.length, refused: CALLS.length - 1 }, faults)
}
