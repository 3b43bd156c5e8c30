// Sign-in with address and password. The server does not say where an organisation is kept to who has not shown who they are, so a
// refusal offers the doors of all other regions.
import { Anchor, Button, PasswordInput, Stack, Text, TextInput } from '@mantine/core'
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { Link, useRouter, useSearch } from '@tanstack/react-router'
import { type FormEvent, useState } from 'react'
import { ProblemNote } from '../ui/ProblemNote.tsx'
import { AccountFrame } from './AccountFrame.tsx'
import { openSession } from './api.gen.ts'
import { ApiProblem } from './api-call.ts'
import { queries } from './queries.ts'
import { maybeText, t } from './t.ts'

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
  const isRefused = enter.error instanceof ApiProblem && enter.error.code === 'wrong_credentials'
  const regions = useQuery({ ...queries.regions(), enabled: isRefused })
  const others = (regions.data?.items ?? []).filter(({ url }) => new URL(url).origin !== location.origin)
  return (
    <AccountFrame title={t('signIn.title')}>
      <form onSubmit={submit}>
        <Stack gap="md" mt="lg">
          {enter.error && <ProblemNote error={enter.error} />}
          {isRefused && others.length > 0 && (
            <Stack gap={4}>
              <Text>{t('signIn.elsewhere')}</Text>
              {others.map(({ name, url }) => (
                <Anchor
                  key={name}
                  underline="always"
                  href={`${url.replace(/\/$/, '')}/sign-in?email=${encodeURIComponent(email.trim())}`}
                >
                  {t('signIn.goThere', { region: maybeText(`region.${name}`) ?? name })}
                </Anchor>
              ))}
            </Stack>
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
          <Anchor
            underline="always"
            renderRoot={(root) => (
              <Link to="/forgot-password" search={email.trim() ? { email: email.trim() } : {}} {...root} />
            )}
          >
            {t('signIn.forgot')}
          </Anchor>
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
