// Asks for a link to another password. What it answers is the same for every address, so nobody can ask who is here.
import { Anchor, Button, Stack, Text, TextInput } from '@mantine/core'
import { useMutation } from '@tanstack/react-query'
import { Link, useNavigate, useSearch } from '@tanstack/react-router'
import { type FormEvent, useState } from 'react'
import { ProblemNote } from '../ui/ProblemNote.tsx'
import { AccountFrame } from './AccountFrame.tsx'
import { askPasswordReset } from './api.gen.ts'
import { t } from './t.ts'

export function ForgotPassword() {
  const { email: known } = useSearch({ from: '/forgot-password' })
  const [email, setEmail] = useState(known ?? '')
  const navigate = useNavigate()
  const ask = useMutation({
    mutationFn: () => askPasswordReset({ body: { email: email.trim() } }),
    onSuccess: () => navigate({ to: '/check-mail', search: { email: email.trim(), from: 'reset' } }),
  })
  const submit = (event: FormEvent) => {
    event.preventDefault()
    if (!ask.isPending) ask.mutate()
  }
  return (
    <AccountFrame title={t('forgot.title')} lead={t('forgot.lead')}>
      <form onSubmit={submit}>
        <Stack gap="md">
          {ask.error && <ProblemNote error={ask.error} kept={t('signUp.kept')} />}
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
          <Button type="submit" fullWidth loading={ask.isPending}>
            {t('forgot.action')}
          </Button>
          <Text c="dimmed">
            {t('forgot.remembered')}{' '}
            <Anchor component={Link} to="/sign-in" underline="always">
              {t('signIn.title')}
            </Anchor>
          </Text>
        </Stack>
      </form>
    </AccountFrame>
  )
}
