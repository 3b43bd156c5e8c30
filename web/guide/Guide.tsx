// The first steps of somebody who is new: a card in the library that ticks itself off and goes when all are taken or it is put away.
// Must stay true: each step is one link to where it is taken; only the next one explains itself.
import { Button } from '@mantine/core'
import { IconCheck, IconChevronRight } from '@tabler/icons-react'
import { useQuery, useQueryClient } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import { type ReactNode, useEffect, useId } from 'react'
import { queries } from '../app/queries.ts'
import { t } from '../app/t.ts'
import { ProblemNote } from '../ui/ProblemNote.tsx'
import classes from './Guide.module.css'
import { placeOfStep, type Step } from './step-places.ts'
import { useChangeGuide, useGuide } from './use-guide.ts'

interface Props {
  /** A document that can be read, if there is one yet. */
  documentId: string | undefined
  /** The way in for a first document, while there is none. */
  adding: ReactNode | null
}

export function Guide({ documentId, adding }: Props) {
  const titleId = useId()
  const { steps, taken, isOpen } = useGuide()
  const change = useChangeGuide()
  const queryClient = useQueryClient()
  const next = steps.find(({ isTaken }) => !isTaken)
  // The first document just came: the server knows it, too.
  const isBehind = adding === null && next?.name === 'knowledge.document.added'
  useEffect(() => {
    if (isBehind) void queryClient.invalidateQueries({ queryKey: queries.guide().queryKey })
  }, [isBehind, queryClient])
  if (!isOpen) return null
  return (
    <section className={classes.root} aria-labelledby={titleId}>
      <header className={classes.header}>
        <h2 id={titleId} className={classes.title}>
          {t('guide.title')}
        </h2>
        <span className={classes.count}>{t('guide.count', { taken, total: steps.length })}</span>
        <span className={classes.bar} aria-hidden="true">
          {steps.map(({ name }, index) => (
            <span key={name} data-taken={index < taken || undefined} />
          ))}
        </span>
        <Button
          className={classes.away ?? ''}
          variant="subtle"
          color="gray"
          size="compact-sm"
          loading={change.isPending}
          // The button goes with the card: what stays takes the focus.
          onClick={() => change.mutate(true, { onSuccess: () => document.getElementById('main')?.focus() })}
        >
          {t('guide.putAway')}
        </Button>
      </header>
      {change.error && <ProblemNote error={change.error} kept={t('guide.kept')} />}
      <ol className={classes.steps}>
        {steps.map((step) => (
          <StepLine
            key={step.name}
            step={step}
            isNext={step === next}
            documentId={documentId}
            adding={step.name === 'knowledge.document.added' && !step.isTaken ? adding : null}
          />
        ))}
      </ol>
    </section>
  )
}

interface LineProps extends Props {
  step: Step
  isNext: boolean
}

function StepLine({ step: { name, isTaken }, isNext, documentId, adding }: LineProps) {
  const me = useQuery(queries.me())
  const mayReadLog = me.data?.permissions.includes('core.audit.read') ?? false
  const ground = { documentId, personId: me.data?.person.id ?? '', mayReadLog }
  const title = t(`guide.step.${name}`)
  return (
    <li className={classes.step} data-taken={isTaken || undefined} data-next={isNext || undefined}>
      <span className={classes.mark} aria-hidden="true">
        {isTaken && <IconCheck size={14} stroke={2} />}
      </span>
      <div className={classes.body}>
        {isTaken && <span className="visually-hidden">{t('guide.isTaken')}</span>}
        {adding ? (
          <>
            <strong>{title}</strong>
            <p>{t('library.empty')}</p>
            {adding}
          </>
        ) : (
          <>
            <Link {...placeOfStep(name, ground)} className={classes.link ?? ''}>
              {title}
              <IconChevronRight size={16} stroke={1.5} className={classes.go} aria-hidden="true" />
            </Link>
            {isNext && (
              <p>
                {name === 'core.audit.proven' && !mayReadLog
                  ? t('guide.step.core.audit.proven.seal')
                  : t(`guide.step.${name}.text`)}
              </p>
            )}
          </>
        )}
      </div>
    </li>
  )
}
