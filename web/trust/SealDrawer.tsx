// The drawer behind every seal: made by, changed by, where it lives, which key, who may see it, its place in the log.
import { Button, Group, Skeleton, Stack, Text, Title } from '@mantine/core'
import { IconPrinter, IconShieldCheck } from '@tabler/icons-react'
import { useQuery } from '@tanstack/react-query'
import { Link, useNavigate } from '@tanstack/react-router'
import { useState } from 'react'
import { queries } from '../app/queries.ts'
import type { SealRecord } from '../app/records.ts'
import { maybeText, t } from '../app/t.ts'
import { CopyButton } from '../ui/CopyButton.tsx'
import { FactList } from '../ui/FactList.tsx'
import { PersonName } from '../ui/PersonName.tsx'
import { ProblemNote } from '../ui/ProblemNote.tsx'
import { SealMark } from '../ui/Seal.tsx'
import { SidePanel } from '../ui/SidePanel.tsx'
import { When } from '../ui/When.tsx'
import { EventProof } from './EventPanel.tsx'
import { RecordSheet } from './RecordSheet.tsx'
import classes from './SealDrawer.module.css'

function Story({ by, at, ip }: { by: string | null; at: string; ip: string | null }) {
  return (
    <>
      <PersonName id={by} />, <When at={at} />
      {ip && (
        <>
          <br />
          <span className={classes.quiet}>
            {t('seal.from')} <span className="mono">{ip}</span>
          </span>
        </>
      )}
    </>
  )
}

function SealStory({ seal }: { seal: SealRecord }) {
  const [isChecking, setChecking] = useState(false)
  const region = maybeText(`region.${seal.region}`) ?? seal.region
  return (
    <>
      <div className={classes.head}>
        <SealMark state={seal.state} size={56} />
        <div>
          <Text fw={600} size="md">
            {t(`seal.state.${seal.state}`)}
          </Text>
          <Text c="dimmed">{t(`seal.state.${seal.state}.text`)}</Text>
        </div>
      </div>
      <FactList
        facts={[
          [t('seal.made'), <Story key="made" by={seal.createdBy} at={seal.createdAt} ip={seal.createdIp} />],
          [
            t('seal.changed'),
            <Story key="changed" by={seal.updatedBy} at={seal.updatedAt} ip={seal.updatedIp} />,
          ],
          [
            t('seal.place'),
            t('seal.placeText', {
              region,
              storage: maybeText(`seal.storage.${seal.storageClass}`) ?? seal.storageClass,
            }),
          ],
          [
            t('seal.key'),
            seal.key ? (
              <span key="key">
                {t('seal.keyText', { version: seal.key.version })} <When at={seal.key.since} />
                <br />
                <span className={`mono ${classes.quiet}`}>{seal.key.id}</span>
              </span>
            ) : (
              t('seal.noKey')
            ),
          ],
          [
            t('seal.readers'),
            <ul key="readers" className={classes.readers}>
              {[...Map.groupBy(seal.readers, ({ why }) => why)].map(([why, readers]) => (
                <li key={why}>
                  {readers.map(({ who }, index) => (
                    <span key={who}>
                      {index > 0 && ', '}
                      {maybeText(`seal.who.${who}`) ?? <PersonOrText text={who} />}
                    </span>
                  ))}
                  <br />
                  <span className={classes.quiet}>
                    {t('seal.because')} <span className="mono">{why}</span>
                  </span>
                </li>
              ))}
            </ul>,
          ],
          [
            t('seal.code'),
            seal.code ? (
              <span key="code" className={classes.id}>
                <span className="mono">{seal.code}</span>{' '}
                <CopyButton text={seal.code} label={t('seal.copyCode')} />
              </span>
            ) : (
              t('seal.noCode')
            ),
          ],
          [
            t('seal.record'),
            <span key="record" className={classes.id}>
              <span className="mono">{seal.record.id}</span>{' '}
              <CopyButton text={seal.record.id} label={t('seal.copyId')} />
            </span>,
          ],
        ]}
      />
      <Title order={3} className={classes.heading}>
        {t('seal.log')}
      </Title>
      <Text>
        {typeof seal.log?.position === 'number'
          ? t('seal.logPosition', { position: seal.log.position + 1 })
          : t('seal.logWaiting')}{' '}
        <Link to="/trust/audit" search={{ record: seal.record.id }}>
          {t('seal.history')}
        </Link>
      </Text>
      <Group gap="xs" mt="md">
        {seal.log !== null && !isChecking && (
          <Button leftSection={<IconShieldCheck size={18} stroke={1.5} />} onClick={() => setChecking(true)}>
            {t('seal.verify')}
          </Button>
        )}
        <Button
          variant="default"
          leftSection={<IconPrinter size={18} stroke={1.5} />}
          onClick={() => window.print()}
        >
          {t('seal.print')}
        </Button>
      </Group>
      {isChecking && seal.log && <EventProof eventId={seal.log.eventId} />}
      <RecordSheet id={seal.record.id} />
    </>
  )
}

function PersonOrText({ text }: { text: string }) {
  return text.startsWith('per_') ? <PersonName id={text} /> : <bdi>{text}</bdi>
}

export function SealDrawer({ id }: { id: string | undefined }) {
  const navigate = useNavigate()
  const seal = useQuery({ ...queries.seal(id ?? ''), enabled: id !== undefined })
  const close = () =>
    void navigate({ to: '.', search: (previous) => ({ ...previous, seal: undefined }), resetScroll: false })
  return (
    <SidePanel opened={id !== undefined} onClose={close} title={t('seal.title')}>
      {seal.isPending && id && (
        <Stack aria-busy="true">
          <Skeleton height={56} width={56} circle />
          <Skeleton height={14} />
          <Skeleton height={14} width="70%" />
          <Skeleton height={14} width="80%" />
        </Stack>
      )}
      {seal.isError && <ProblemNote error={seal.error} onRetry={() => void seal.refetch()} />}
      {seal.data && id && <SealStory key={id} seal={seal.data} />}
    </SidePanel>
  )
}
