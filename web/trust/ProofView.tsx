// The result of a check in plain words, and the way from the event's hash to the signed root as a small diagram.
import { Collapse, UnstyledButton } from '@mantine/core'
import { useDisclosure } from '@mantine/hooks'
import { IconChevronDown } from '@tabler/icons-react'
import { ApiProblem } from '../app/api-call.ts'
import { formatNumber } from '../app/formatters.ts'
import { maybeText, t } from '../app/t.ts'
import { CopyButton } from '../ui/CopyButton.tsx'
import { ProblemNote } from '../ui/ProblemNote.tsx'
import { SealMark } from '../ui/Seal.tsx'
import { When } from '../ui/When.tsx'
import { ProofBroken } from './merkle-proof.ts'
import classes from './ProofView.module.css'
import type { ProofResult } from './use-proof.ts'

function short(hash: string): string {
  return `${hash.slice(0, 8)}…${hash.slice(-4)}`
}

/** What a failed check says; only a broken proof is red, a missing answer is not. */
export function ProofProblem({ error }: { error: unknown }) {
  if (error instanceof ApiProblem && error.code === 'not_sealed_yet') {
    return (
      <div className={classes.result} data-state="due" role="status">
        <SealMark state="due" size={28} />
        <div>
          <strong>{t('proof.notYet')}</strong>
          <p>{t('proof.notYetText')}</p>
        </div>
      </div>
    )
  }
  if (!(error instanceof ProofBroken)) return <ProblemNote error={error} />
  return (
    <div className={classes.result} data-state="failed" role="alert">
      <SealMark state="failed" size={28} />
      <div>
        <strong>{t('proof.failed')}</strong>
        <p>{maybeText(`proof.reason.${error.reason}`) ?? t('proof.reason.root')}</p>
        <p>{t('proof.failedDo')}</p>
        <span className="mono">{error.reason}</span>{' '}
        <CopyButton text={error.reason} label={t('problem.copyCode')} />
      </div>
    </div>
  )
}

export function ProofView({ result }: { result: ProofResult }) {
  const [isOpen, more] = useDisclosure()
  const { claim, checked, log } = result
  return (
    <div>
      <div className={classes.result} data-state="in-order" role="status">
        <SealMark state="in-order" size={28} />
        <div>
          <strong>{t('proof.holds')}</strong>
          <p>
            {t('proof.holdsText', {
              position: claim.position + 1,
              size: claim.size,
              steps: checked.steps.length,
            })}
          </p>
          {log && (
            <p>
              {log.since ? (
                <>
                  {t('proof.continues', { size: log.since.size })} <When at={log.since.seenAt} />.
                </>
              ) : (
                t('proof.firstVisit')
              )}
            </p>
          )}
        </div>
      </div>
      <ol className={classes.path} aria-label={t('proof.path')}>
        <li className={classes.node}>
          <span className={classes.dot} aria-hidden="true" />
          <span>{t('proof.leaf')}</span>
          <code title={checked.leafHash}>{short(checked.leafHash)}</code>
        </li>
        {checked.steps.map((step, index) => (
          <li key={step.result} className={classes.node} data-side={step.side}>
            <span className={classes.dot} aria-hidden="true" />
            <span>
              {index === checked.steps.length - 1 ? t('proof.root') : t('proof.level', { level: index + 1 })}
            </span>
            <code title={step.result}>{short(step.result)}</code>
            <span className={classes.neighbour}>
              {t(step.side === 'left' ? 'proof.withLeft' : 'proof.withRight')}{' '}
              <code title={step.neighbour}>{short(step.neighbour)}</code>
            </span>
          </li>
        ))}
        <li className={classes.node} data-last>
          <span className={classes.dot} aria-hidden="true" />
          <span>{t('proof.signed')}</span>
          <span className={classes.neighbour}>
            {t('proof.signedBy', {
              origin: checked.checkpoint.origin,
              size: formatNumber(checked.checkpoint.size),
            })}
          </span>
        </li>
      </ol>
      <UnstyledButton className={classes.more} onClick={more.toggle} aria-expanded={isOpen}>
        <IconChevronDown size={16} data-open={isOpen || undefined} aria-hidden="true" /> {t('proof.bytes')}
      </UnstyledButton>
      <Collapse expanded={isOpen}>
        {(
          [
            ['proof.bytesEvent', claim.event],
            ['proof.bytesCheckpoint', claim.checkpoint],
            ['proof.bytesKey', claim.key],
            ['proof.bytesHashes', claim.hashes.join('\n')],
          ] as const
        ).map(([label, text]) => (
          <section key={label} className={classes.bytes}>
            <header>
              {t(label)} <CopyButton text={text} label={t('proof.copy', { what: t(label) })} />
            </header>
            {/* biome-ignore lint/a11y/noNoninteractiveTabindex: it scrolls, so the keyboard must reach it. */}
            <pre tabIndex={0}>{text}</pre>
          </section>
        ))}
      </Collapse>
    </div>
  )
}
