// The state of the whole log in one line: how long it is, that it continues what this browser saw before, and the public key that an
// export is verified with.
import { useQuery } from '@tanstack/react-query'
import { queries } from '../app/queries.ts'
import { t } from '../app/t.ts'
import { CopyButton } from '../ui/CopyButton.tsx'
import { SealMark } from '../ui/Seal.tsx'
import { When } from '../ui/When.tsx'
import classes from './LogState.module.css'
import { ProofBroken } from './merkle-proof.ts'
import { ProofProblem } from './ProofView.tsx'
import { checkContinuation } from './remembered-log.ts'

export function LogState() {
  const me = useQuery(queries.me())
  const checkpoint = useQuery(queries.checkpoint())
  const organisation = me.data?.organisation.id
  const check = useQuery({
    queryKey: ['checkContinuation', checkpoint.data?.checkpoint],
    queryFn: () =>
      checkpoint.data && organisation ? checkContinuation(organisation, checkpoint.data, new Date()) : null,
    enabled: checkpoint.data !== undefined && organisation !== undefined,
    retry: false,
    staleTime: Number.POSITIVE_INFINITY,
  })
  if (check.error instanceof ProofBroken) return <ProofProblem error={check.error} />
  const isKnown = check.data !== undefined && check.data !== null
  return (
    <div className={classes.root} role="status">
      <SealMark state={isKnown ? 'in-order' : 'unknown'} size={20} />
      <span>
        {check.data ? (
          <>
            {t('log.size', { count: check.data.size })}{' '}
            {check.data.since ? (
              <>
                {t('log.continues')} <When at={check.data.since.seenAt} />.
              </>
            ) : (
              t('log.firstVisit')
            )}
          </>
        ) : checkpoint.isError || check.isError ? (
          t('log.unknown')
        ) : (
          t('log.checking')
        )}
      </span>
      {checkpoint.data && <CopyButton text={checkpoint.data.key} label={t('log.copyKey')} />}
    </div>
  )
}
