// Amber for as long as nobody says that the recovery kit is kept: without it the loss of one machine is the loss of everything.
import type { Claim } from '../app/records.ts'
import { t } from '../app/t.ts'
import { StateBadge } from '../ui/StateBadge.tsx'
import classes from './Claims.module.css'

export function RecoveryKitNote({ claims }: { claims: readonly Claim[] }) {
  const kit = claims
    .flatMap(({ evidence }) => evidence.runs)
    .find(({ name, status }) => name === 'recovery-kit' && status === 'NOT SET UP HERE')
  if (!kit) return null
  return (
    <aside className={classes.kit}>
      <StateBadge tone="due">{t('claims.kit')}</StateBadge>
      <p>{t('claims.kitText')}</p>
    </aside>
  )
}
