// One claim: what must be true, what ran, when and how long, how it went before, and the proof, checked in this browser.
import { Button, Progress, Skeleton } from '@mantine/core'
import { IconArrowLeft, IconRefresh } from '@tabler/icons-react'
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { Link, useParams } from '@tanstack/react-router'
import { useState } from 'react'
import { runEvidence } from '../app/api.gen.ts'
import { queries } from '../app/queries.ts'
import type { ClaimDetail, ClaimRun } from '../app/records.ts'
import { t } from '../app/t.ts'
import { FactList } from '../ui/FactList.tsx'
import { PageFrame } from '../ui/PageFrame.tsx'
import { ProblemNote } from '../ui/ProblemNote.tsx'
import { SealMark } from '../ui/Seal.tsx'
import { StateBadge } from '../ui/StateBadge.tsx'
import { When } from '../ui/When.tsx'
import classes from './ClaimPage.module.css'
import {
  claimSeals,
  claimTones,
  claimWords,
  evidenceWords,
  lookedWords,
  themeWords,
  tookWords,
} from './claim-words.ts'
import { HistoryStrip } from './HistoryStrip.tsx'
import { checkProof, ProofBroken } from './merkle-proof.ts'
import { ProofProblem, ProofView } from './ProofView.tsx'

function Standing({ claim }: { claim: ClaimDetail }) {
  return (
    <div className={classes.standing}>
      <SealMark state={claimSeals[claim.status]} size={40} />
      <div>
        <strong>
          {claim.status === 'PASS' && claim.lastShown ? (
            <>
              {t('claims.shownAt')} <When at={claim.lastShown} />
            </>
          ) : (
            t(`claims.status.${claim.status}`)
          )}
        </strong>
        {claim.evidence.reason && <p>{t(`claims.reason.${claim.evidence.reason}`)}</p>}
        {claim.status !== 'PASS' && claim.lastShown && (
          <p>
            {t('claims.lastHeld')} <When at={claim.lastShown} />.
          </p>
        )}
      </div>
    </div>
  )
}

const faultsTitle = {
  PASS: 'claims.against',
  FAIL: 'claims.against',
  UNKNOWN: 'claims.why',
  'NOT SET UP HERE': 'claims.missing',
} as const

function Run({ run, claim }: { run: ClaimRun; claim: ClaimDetail }) {
  const results = claim.history.filter(({ evidence }) => evidence === run.name)
  const looked = lookedWords(run.looked)
  return (
    <li className={classes.run}>
      <div className={classes.runHead}>
        <h3>{evidenceWords(run.name)}</h3>
        <StateBadge tone={claimTones[run.status]}>{t(`claims.status.${run.status}`)}</StateBadge>
      </div>
      <p className={classes.quiet}>
        {run.at && (
          <>
            {t('claims.ranAt')} <When at={run.at} />
            {run.milliseconds !== null && `, ${tookWords(run.milliseconds)}`}
            {run.everyMinutes !== null && `, ${t('claims.every', { minutes: run.everyMinutes })}`}.{' '}
          </>
        )}
        {run.reason && t(`claims.reason.${run.reason}`)}
      </p>
      <FactList
        facts={[
          ...(looked ? [[t('claims.looked'), looked] as const] : []),
          ...(run.faults.length > 0
            ? [
                [
                  t(faultsTitle[run.status]),
                  <ul key="faults" className={classes.faults}>
                    {run.faults.map((fault) => (
                      <li key={fault}>{fault}</li>
                    ))}
                  </ul>,
                ] as const,
              ]
            : []),
          ...(run.files.length > 0
            ? [
                [
                  t('claims.files'),
                  <span key="files" className="mono">
                    {run.files.join(', ')}
                  </span>,
                ] as const,
              ]
            : []),
          ...(run.signedBy
            ? [
                [
                  t('claims.signedBy'),
                  <span key="key" className="mono">
                    {run.signedBy}
                  </span>,
                ] as const,
              ]
            : []),
        ]}
      />
      {results.length > 0 && <HistoryStrip results={results} />}
    </li>
  )
}

function ClaimProof({ claim }: { claim: ClaimDetail }) {
  const { proof } = claim
  const check = useQuery({
    queryKey: ['checkEvidence', proof?.checkpoint, proof?.position],
    queryFn: async () => {
      if (!proof) throw new ProofBroken('leaf')
      const checked = await checkProof(proof)
      if (checked.leafHash !== proof.leafHash) throw new ProofBroken('leaf')
      return { claim: proof, checked, log: null }
    },
    enabled: proof !== null,
    retry: false,
    staleTime: Number.POSITIVE_INFINITY,
  })
  if (!proof) return null
  return (
    <section className={classes.section}>
      <h2>{t('claims.proof')}</h2>
      <p className={classes.quiet}>{t('claims.proofText')}</p>
      {check.isPending && <p role="status">{t('proof.checking')}</p>}
      {check.data && <ProofView result={check.data} />}
      {check.error && <ProofProblem error={check.error} />}
    </section>
  )
}

/** Runs the live checks of a claim one after another; says how far it is. */
function useRunAgain(claim: ClaimDetail | undefined) {
  const queryClient = useQueryClient()
  const [done, setDone] = useState(0)
  const live = claim?.evidence.runs.filter(({ kind }) => kind === 'live') ?? []
  const again = useMutation({
    mutationFn: async () => {
      setDone(0)
      for (const [index, { name }] of live.entries()) {
        await runEvidence({ path: { name } })
        setDone(index + 1)
      }
    },
    onSettled: () =>
      Promise.all([
        queryClient.invalidateQueries({ queryKey: ['readClaim'] }),
        queryClient.invalidateQueries({ queryKey: ['listClaims'] }),
      ]),
  })
  return { again, done, all: live.length }
}

export function ClaimPage() {
  const { claimId } = useParams({ from: '/app/trust/claims/$claimId' })
  const claim = useQuery(queries.claim(claimId))
  const me = useQuery(queries.me())
  const { again, done, all } = useRunAgain(claim.data)
  const mayRun = all > 0 && me.data?.permissions.includes('trust.evidence.run')
  return (
    <PageFrame
      title={claimId}
      count={claim.data && themeWords(claim.data.evidence.theme)}
      action={
        mayRun ? (
          <Button
            leftSection={<IconRefresh size={16} stroke={1.5} />}
            loading={again.isPending}
            onClick={() => again.mutate()}
          >
            {t('claims.again')}
          </Button>
        ) : undefined
      }
    >
      <Link to="/trust" className={classes.back}>
        <IconArrowLeft size={16} stroke={1.5} aria-hidden="true" /> {t('claims.back')}
      </Link>
      <p className={`${classes.words} reading`}>{claimWords(claimId)}</p>
      {claim.error && <ProblemNote error={claim.error} onRetry={() => void claim.refetch()} />}
      {claim.isPending && <Skeleton height={160} />}
      {again.isPending && (
        <div className={classes.progress} role="status">
          <span>{t('claims.running', { done: Math.min(done + 1, all), all })}</span>
          <Progress value={(100 * (done + 0.5)) / all} aria-label={t('claims.again')} />
        </div>
      )}
      {again.error && <ProblemNote error={again.error} />}
      {again.isSuccess && (
        <p role="status" className={classes.quiet}>
          {t('claims.ranNow')}
        </p>
      )}
      {claim.data && (
        <>
          <Standing claim={claim.data} />
          <section className={classes.section}>
            <h2>{t('claims.what')}</h2>
            <p className={classes.quiet}>
              {t('claims.asks')}:{' '}
              {claim.data.evidence.kinds.map((kind) => t(`claims.kind.${kind}`)).join(', ')}.
            </p>
            <ul className={classes.runs}>
              {claim.data.evidence.runs.map((run) => (
                <Run key={run.name} run={run} claim={claim.data} />
              ))}
            </ul>
          </section>
          <ClaimProof claim={claim.data} />
        </>
      )}
    </PageFrame>
  )
}
