// One's own password: asks for the one of today, and says that every other session ends.
import { Button, Group, PasswordInput, Skeleton, Stack, Text } from '@mantine/core'
import { notifications } from '@mantine/notifications'
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { type FormEvent, useState } from 'react'
import { changePassword } from '../app/api.gen.ts'
import { queries } from '../app/queries.ts'
import { t } from '../app/t.ts'
import { NewPasswordInput } from '../ui/NewPasswordInput.tsx'
import { PageFrame } from '../ui/PageFrame.tsx'
import { ProblemNote } from '../ui/ProblemNote.tsx'
import classes from './settings.module.css'

export function OwnPassword() {
  const organisation = useQuery(queries.organisation())
  const me = useQuery(queries.me())
  return (
    <PageFrame title={t('password.title')}>
      {organisation.isError && (
        <ProblemNote error={organisation.error} onRetry={() => void organisation.refetch()} />
      )}
      {organisation.isPending && (
        <Stack className={classes.form} aria-busy="true">
          <Skeleton height={36} />
          <Skeleton height={36} />
        </Stack>
      )}
      {organisation.data && me.data && (
        <PasswordForm
          email={me.data.person.email}
          minimumLength={organisation.data.passwordMinimumLength}
          history={organisation.data.passwordHistory}
        />
      )}
    </PageFrame>
  )
}

function PasswordForm({
  email,
  minimumLength,
  history,
}: {
  email: string
  minimumLength: number
  history: number
}) {
  const [current, setCurrent] = useState('')
  const [password, setPassword] = useState('')
  const queryClient = useQueryClient()
  const change = useMutation({
    mutationFn: () => changePassword({ body: { current, password } }),
    onSuccess: () => {
      setCurrent('')
      setPassword('')
      void queryClient.invalidateQueries({ queryKey: queries.sessions().queryKey })
      notifications.show({ message: t('password.changed') })
    },
  })
  const submit = (event: FormEvent) => {
    event.preventDefault()
    if (!change.isPending) change.mutate()
  }
  return (
    <form onSubmit={submit} className={classes.form}>
      <Text c="dimmed" className={classes.lead}>
        {t('password.lead')}
      </Text>
      <Stack>
        {change.error && <ProblemNote error={change.error} kept={t('password.kept')} />}
        <input type="hidden" name="username" autoComplete="username" value={email} />
        <PasswordInput
          label={t('password.current')}
          name="current-password"
          autoComplete="current-password"
          required
          withAsterisk={false}
          value={current}
          onChange={(event) => setCurrent(event.currentTarget.value)}
          visibilityToggleButtonProps={{ 'aria-label': t('field.showPassword') }}
        />
        <NewPasswordInput
          label={t('password.new')}
          minimumLength={minimumLength}
          value={password}
          onChange={setPassword}
        />
        {history > 0 && <Text c="dimmed">{t('password.history', { count: history })}</Text>}
        <Group>
          <Button type="submit" loading={change.isPending}>
            {t('password.change')}
          </Button>
        </Group>
      </Stack>
    </form>
  )
}
