// Behind the link of a forgotten password: its holder chooses another and is signed in; every other session ends.
import { Button, Skeleton, Stack } from '@mantine/core'
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { Link, useNavigate, useSearch } from '@tanstack/react-router'
import { type FormEvent, useState } from 'react'
import { NewPasswordInput } from '../ui/NewPasswordInput.tsx'
import { ProblemNote } from '../ui/ProblemNote.tsx'
import { AccountFrame } from './AccountFrame.tsx'
import { type ReadPasswordResetAnswer, resetPassword } from './api.gen.ts'
import { ApiProblem } from './api-call.ts'
import { queries } from './queries.ts'
import { t } from './t.ts'

export function ResetPassword() {
  const { token = '' } = useSearch({ from: '/reset-password' })
  const reset = useQuery(queries.passwordReset(token))
  if (reset.isPending) {
    return (
      <AccountFrame title={t('verify.reading')}>
        <Skeleton height={16} mt="lg" />
        <Skeleton height={16} mt="sm" width="70%" />
      </AccountFrame>
    )
  }
  if (reset.isError) return <Failed error={reset.error} />
  return <ResetForm token={token} found={reset.data} />
}

function Failed({ error }: { error: unknown }) {
  const isGone = error instanceof ApiProblem && error.status === 404
  return (
    <AccountFrame title={t('verify.failed')} lead={isGone ? t('reset.gone') : undefined}>
      <Stack gap="md" mt="md">
        {!isGone && <ProblemNote error={error} />}
        <Button component={Link} to="/forgot-password" variant="default">
          {t('verify.newLink')}
        </Button>
      </Stack>
    </AccountFrame>
  )
}

function ResetForm({ token, found }: { token: string; found: ReadPasswordResetAnswer }) {
  const [password, setPassword] = useState('')
  const navigate = useNavigate()
  const queryClient = useQueryClient()
  const reset = useMutation({
    mutationFn: () => resetPassword({ body: { token, password } }),
    onSuccess: async () => {
      queryClient.clear()
      await navigate({ to: '/knowledge', replace: true })
    },
  })
  const submit = (event: FormEvent) => {
    event.preventDefault()
    if (!reset.isPending) reset.mutate()
  }
  return (
    <AccountFrame title={t('reset.title')} lead={t('reset.lead', { email: found.email })}>
      <form onSubmit={submit}>
        <Stack gap="md">
          {reset.error && <ProblemNote error={reset.error} />}
          <input type="hidden" name="username" autoComplete="username" value={found.email} />
          <NewPasswordInput
            label={t('password.new')}
            minimumLength={found.passwordMinimumLength}
            value={password}
            onChange={setPassword}
            autoFocus
          />
          <Button type="submit" fullWidth loading={reset.isPending}>
            {t('reset.action')}
          </Button>
        </Stack>
      </form>
    </AccountFrame>
  )
}
