// One event: who, what, where from, for whom, and its place in the log with the proof checked in this browser.
import { Button, Text, Title } from '@mantine/core'
import { IconShieldCheck } from '@tabler/icons-react'
import { Link } from '@tanstack/react-router'
import { useEffect } from 'react'
import { formatExact } from '../app/formatters.ts'
import type { AuditEvent } from '../app/records.ts'
import { t } from '../app/t.ts'
import { CopyButton } from '../ui/CopyButton.tsx'
import { FactList } from '../ui/FactList.tsx'
import { PersonName } from '../ui/PersonName.tsx'
import { SidePanel } from '../ui/SidePanel.tsx'
import { ActorName } from './ActorName.tsx'
import { actionWords } from './action-words.ts'
import classes from './EventPanel.module.css'
import { ProofProblem, ProofView } from './ProofView.tsx'
import { useProof } from './use-proof.ts'

interface Props {
  id: string | undefined
  event: AuditEvent | undefined
  onClose: () => void
}

function EventFacts({ event }: { event: AuditEvent }) {
  const detail = Object.entries(event.detail ?? {})
  return (
    <FactList
      facts={[
        [t('audit.at'), formatExact(new Date(event.at))],
        [t('audit.actor'), <ActorName key="actor" actor={event.actor} />],
        ...(event.onBehalfOf
          ? [[t('audit.onBehalfOf'), <PersonName key="behalf" id={event.onBehalfOf} />] as const]
          : []),
        [t('audit.outcome'), t(`audit.outcome.${event.outcome}`)],
        [
          t('audit.record'),
          event.record ? (
            <Link key="record" to="/trust/audit" search={{ record: event.record.id }} className="mono">
              {event.record.id}
            </Link>
          ) : (
            '–'
          ),
        ],
        [
          t('audit.ip'),
          <span key="ip" className="mono">
            {event.ip ?? '–'}
          </span>,
        ],
        [t('audit.device'), event.userAgent ?? '–'],
        [
          t('audit.credential'),
          <span key="credential" className="mono">
            {event.actor.credentialId ?? '–'}
          </span>,
        ],
        ...detail.map(
          ([name, value]) =>
            [
              name,
              <span key={name} className="mono">
                {String(value)}
              </span>,
            ] as const,
        ),
        [
          t('audit.name'),
          <span key="name" className="mono">
            {event.action}
          </span>,
        ],
        [
          t('audit.id'),
          <span key="id" className={classes.id}>
            <span className="mono">{event.id}</span> <CopyButton text={event.id} label={t('audit.copyId')} />
          </span>,
        ],
      ]}
    />
  )
}

export function EventProof({ eventId }: { eventId: string }) {
  const proof = useProof(eventId)
  const { mutate } = proof
  useEffect(() => mutate(), [mutate])
  return (
    <section className={classes.proof}>
      <Title order={3} className={classes.heading}>
        {t('proof.title')}
      </Title>
      {proof.isPending && (
        <Text c="dimmed" role="status">
          {t('proof.checking')}
        </Text>
      )}
      {proof.data && <ProofView result={proof.data} />}
      {proof.error && <ProofProblem error={proof.error} />}
      {!proof.isPending && (
        <Button
          variant="default"
          mt="sm"
          leftSection={<IconShieldCheck size={16} stroke={1.5} />}
          onClick={() => mutate()}
        >
          {t('proof.again')}
        </Button>
      )}
    </section>
  )
}

export function EventPanel({ id, event, onClose }: Props) {
  return (
    <SidePanel
      opened={id !== undefined}
      onClose={onClose}
      title={<span className={classes.title}>{event ? actionWords(event.action) : t('audit.event')}</span>}
    >
      {event && <EventFacts event={event} />}
      {id && <EventProof key={id} eventId={id} />}
    </SidePanel>
  )
}
