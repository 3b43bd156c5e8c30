// Who is in the organisation. Those who may, change roles and suspend; the last owner stays.
import { Button, Group, Modal, Select, Stack, Text } from '@mantine/core'
import { notifications } from '@mantine/notifications'
import { IconUsers } from '@tabler/icons-react'
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { useState } from 'react'
import { type UpdatePersonInput, updatePerson } from '../app/api.gen.ts'
import { queries } from '../app/queries.ts'
import type { Person } from '../app/records.ts'
import { t } from '../app/t.ts'
import { CopyButton } from '../ui/CopyButton.tsx'
import { EmptyScreen } from '../ui/EmptyScreen.tsx'
import { FactList } from '../ui/FactList.tsx'
import { PageFrame } from '../ui/PageFrame.tsx'
import { ProblemNote } from '../ui/ProblemNote.tsx'
import { type Column, RecordTable } from '../ui/RecordTable.tsx'
import { Seal } from '../ui/Seal.tsx'
import { SidePanel } from '../ui/SidePanel.tsx'
import { StateBadge } from '../ui/StateBadge.tsx'
import { When } from '../ui/When.tsx'
import { ErasePerson } from './ErasePerson.tsx'
import classes from './settings.module.css'

const roles = ['owner', 'administrator', 'member'] as const

export function People() {
  const people = useQuery(queries.people())
  const me = useQuery(queries.me())
  const organisation = useQuery(queries.organisation())
  const domains = organisation.data?.domains ?? [me.data?.person.email.split('@').at(-1) ?? '']
  const queryClient = useQueryClient()
  const [openId, setOpenId] = useState<string | null>(null)
  const [suspending, setSuspending] = useState<Person | null>(null)
  const [erasing, setErasing] = useState<Person | null>(null)
  const mayErase = me.data?.permissions.includes('core.person.erase') ?? false
  const mayManage = me.data?.permissions.includes('core.people.manage') ?? false
  const change = useMutation({
    mutationFn: ({ id, body }: { id: string; body: UpdatePersonInput['body'] }) =>
      updatePerson({ path: { id }, body }),
    onSuccess: (person) => {
      notifications.show({ message: t('people.changed', { name: person.displayName }) })
      setSuspending(null)
    },
    onSettled: () => queryClient.invalidateQueries({ queryKey: ['listPeople'] }),
  })
  const rows = people.data?.items ?? []
  const opened = rows.find((row) => row.id === openId)
  const state = (row: Person) => (
    <StateBadge tone={row.state === 'active' ? 'good' : 'quiet'}>{t(`people.state.${row.state}`)}</StateBadge>
  )
  const columns: Column<Person>[] = [
    {
      id: 'displayName',
      label: t('people.name'),
      width: 'minmax(180px, 1fr)',
      cell: (row) => (
        <>
          <Seal id={row.id} name={row.displayName} state={row.seal} />
          <bdi className={`cut ${classes.strong}`}>{row.displayName}</bdi>
          {row.id === me.data?.person.id && <span className={classes.quiet}>{t('people.you')}</span>}
        </>
      ),
    },
    {
      id: 'email',
      label: t('field.email'),
      width: 'minmax(160px, 1fr)',
      cell: (row) => <bdi className="cut">{row.email}</bdi>,
    },
    { id: 'role', label: t('people.role'), width: '130px', cell: (row) => t(`role.${row.role}`) },
    { id: 'state', label: t('people.state'), width: '110px', cell: state },
    {
      id: 'lastSeenAt',
      label: t('people.lastSeen'),
      width: '150px',
      cell: (row) => (row.lastSeenAt ? <When at={row.lastSeenAt} /> : '–'),
    },
  ]
  return (
    <PageFrame
      title={t('people.title')}
      count={people.isSuccess && t('people.count', { count: rows.length })}
      action={
        <CopyButton
          shape="button"
          text={`${window.location.origin}/sign-up`}
          label={t('people.copySignUp')}
        />
      }
    >
      <Text c="dimmed" className={classes.lead}>
        {t('people.lead', { domains: domains.join(', ') })}
      </Text>
      {people.isError && <ProblemNote error={people.error} onRetry={() => void people.refetch()} />}
      {people.isSuccess && rows.length === 0 && (
        <EmptyScreen icon={<IconUsers size={28} stroke={1.4} />}>{t('people.empty')}</EmptyScreen>
      )}
      {!people.isError && (
        <RecordTable
          label={t('people.title')}
          rows={rows}
          columns={columns}
          rowId={(row) => row.id}
          rowName={(row) => row.displayName}
          loading={people.isPending}
          onOpen={(row) => setOpenId(row.id)}
          card={(row) => (
            <>
              <div className={classes.card}>
                <bdi className={`cut ${classes.strong}`}>{row.displayName}</bdi>
                <div className={`cut ${classes.quiet}`}>
                  {t(`role.${row.role}`)} · <bdi>{row.email}</bdi>
                </div>
              </div>
              {row.state !== 'active' && state(row)}
              <Seal id={row.id} name={row.displayName} state={row.seal} />
            </>
          )}
        />
      )}
      <SidePanel
        opened={opened !== undefined}
        onClose={() => setOpenId(null)}
        title={<bdi>{opened?.displayName}</bdi>}
      >
        {opened && (
          <Stack>
            <FactList
              facts={[
                [t('field.email'), <bdi key="email">{opened.email}</bdi>],
                [t('people.state'), state(opened)],
                [t('people.joined'), <When key="joined" at={opened.createdAt} />],
                [t('people.lastSeen'), opened.lastSeenAt ? <When key="seen" at={opened.lastSeenAt} /> : '–'],
              ]}
            />
            {mayManage && (
              <>
                <Select
                  label={t('people.role')}
                  description={t(`role.${opened.role}.text`)}
                  allowDeselect={false}
                  data={roles.map((value) => ({ value, label: t(`role.${value}`) }))}
                  value={opened.role}
                  disabled={change.isPending}
                  onChange={(value) => {
                    const role = roles.find((one) => one === value)
                    if (role) change.mutate({ id: opened.id, body: { role } })
                  }}
                />
                <Group>
                  {opened.state === 'active' ? (
                    <Button
                      variant="default"
                      disabled={opened.id === me.data?.person.id}
                      onClick={() => setSuspending(opened)}
                    >
                      {t('people.suspend')}
                    </Button>
                  ) : (
                    <Button
                      loading={change.isPending}
                      onClick={() => change.mutate({ id: opened.id, body: { state: 'active' } })}
                    >
                      {t('people.readmit')}
                    </Button>
                  )}
                  {mayErase && (
                    <Button variant="subtle" color="vermilion" onClick={() => setErasing(opened)}>
                      {t('people.eraseOpen')}
                    </Button>
                  )}
                </Group>
              </>
            )}
            {change.error && <ProblemNote error={change.error} kept={t('people.kept')} />}
          </Stack>
        )}
      </SidePanel>
      <ErasePerson person={erasing} onClose={() => setErasing(null)} />
      <Modal
        opened={suspending !== null}
        onClose={() => setSuspending(null)}
        title={t('people.suspendTitle', { name: suspending?.displayName ?? '' })}
      >
        <Stack>
          <Text>{t('people.suspendText')}</Text>
          {change.error && <ProblemNote error={change.error} kept={t('people.kept')} />}
          <Group justify="flex-end">
            <Button variant="default" onClick={() => setSuspending(null)}>
              {t('action.cancel')}
            </Button>
            <Button
              color="vermilion"
              loading={change.isPending}
              onClick={() => suspending && change.mutate({ id: suspending.id, body: { state: 'suspended' } })}
            >
              {t('people.suspend')}
            </Button>
          </Group>
        </Stack>
      </Modal>
    </PageFrame>
  )
}
