// Sign-in with address and password. An organisation of another region is offered its own door with one click.
import { Anchor, Button, PasswordInput, Stack, Text, TextInput } from '@mantine/core'
import { useMutation, useQueryClient } from '@tanstack/react-query'
import { Link, useRouter, useSearch } from '@tanstack/react-router'
import { type FormEvent, useState } from 'react'
import { ProblemNote } from '../ui/ProblemNote.tsx'
import { AccountFrame } from './AccountFrame.tsx'
import { openSession } from './api.gen.ts'
import { ApiProblem } from './api-call.ts'
import { t } from './t.ts'

/** Where the right door is, when the server named it. */
export function otherRegionOf(error: unknown): string | null {
  if (!(error instanceof ApiProblem) || error.code !== 'wrong_region') return null
  const { details } = error.members
  const url =
    typeof details === 'object' && details !== null && 'url' in details ? details.url : error.members.url
  return typeof url === 'string' && /^https:\/\//.test(url) ? url : null
}

export function SignIn() {
  const { next, email: known } = useSearch({ from: '/sign-in' })
  const [email, setEmail] = useState(known ?? '')
  const [password, setPassword] = useState('')
  const router = useRouter()
  const queryClient = useQueryClient()
  const enter = useMutation({
    mutationFn: () => openSession({ body: { email: email.trim(), password } }),
    onSuccess: () => {
      queryClient.clear()
      router.history.replace(next ?? '/knowledge')
    },
    onError: () => setPassword(''),
  })
  const submit = (event: FormEvent) => {
    event.preventDefault()
    if (!enter.isPending) enter.mutate()
  }
  const elsewhere = otherRegionOf(enter.error)
  return (
    <AccountFrame title={t('signIn.title')}>
      <form onSubmit={submit}>
        <Stack gap="md" mt="lg">
          {elsewhere ? (
            <Stack gap="xs" role="alert">
              <Text>{t('signIn.elsewhere')}</Text>
              <Button
                component="a"
                href={`${elsewhere.replace(/\/$/, '')}/sign-in?email=${encodeURIComponent(email.trim())}`}
              >
                {t('signIn.goThere', { host: new URL(elsewhere).host })}
              </Button>
            </Stack>
          ) : (
            enter.error && <ProblemNote error={enter.error} />
          )}
          <TextInput
            label={t('field.email')}
            type="email"
            name="email"
            autoComplete="username"
            required
            withAsterisk={false}
            autoFocus
            value={email}
            onChange={(event) => setEmail(event.currentTarget.value)}
          />
          <PasswordInput
            label={t('field.password')}
            name="password"
            autoComplete="current-password"
            required
            withAsterisk={false}
            value={password}
            onChange={(event) => setPassword(event.currentTarget.value)}
            visibilityToggleButtonProps={{ 'aria-label': t('field.showPassword') }}
          />
          <Button type="submit" fullWidth loading={enter.isPending}>
            {t('signIn.action')}
          </Button>
          <Text c="dimmed">
            {t('signIn.newHere')}{' '}
            <Anchor component={Link} to="/sign-up" underline="always">
              {t('signIn.signUp')}
            </Anchor>
          </Text>
        </Stack>
      </form>
    </AccountFrame>
  )
}
