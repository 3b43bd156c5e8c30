// Sign-up: name, company address, country; the password is chosen behind the link in the mail. Country decides the region; the EU and EEA rule is said, not hidden.
import { Anchor, Button, Select, Stack, Text, TextInput } from '@mantine/core'
import { useMutation, useQuery } from '@tanstack/react-query'
import { Link, useNavigate } from '@tanstack/react-router'
import { type FormEvent, useMemo, useState } from 'react'
import { ProblemNote } from '../ui/ProblemNote.tsx'
import { AccountFrame } from './AccountFrame.tsx'
import { createAccount } from './api.gen.ts'
import { countryHint, isEea, listCountries } from './countries.ts'
import { queries } from './queries.ts'
import { maybeText, t } from './t.ts'

export function SignUp() {
  const countries = useMemo(() => listCountries('en'), [])
  const regions = useQuery(queries.regions())
  const navigate = useNavigate()
  const [displayName, setDisplayName] = useState('')
  const [email, setEmail] = useState('')
  const [country, setCountry] = useState<string | null>(() => countryHint(navigator.language))
  const [region, setRegion] = useState<string | null>(null)
  const create = useMutation({
    mutationFn: () =>
      createAccount({
        body: {
          email: email.trim(),
          displayName: displayName.trim(),
          country: country ?? '',
          ...(region && !isEea(country ?? '') ? { region } : {}),
        },
      }),
    onSuccess: () => navigate({ to: '/check-mail', search: { email: email.trim() } }),
  })
  const submit = (event: FormEvent) => {
    event.preventDefault()
    if (!create.isPending && country) create.mutate()
  }
  return (
    <AccountFrame title={t('signUp.title')} lead={t('signUp.lead')}>
      <form onSubmit={submit}>
        <Stack gap="md">
          {create.error && <ProblemNote error={create.error} kept={t('signUp.kept')} />}
          <TextInput
            label={t('field.name')}
            name="name"
            autoComplete="name"
            required
            withAsterisk={false}
            maxLength={200}
            value={displayName}
            onChange={(event) => setDisplayName(event.currentTarget.value)}
          />
          <TextInput
            label={t('field.workEmail')}
            description={t('signUp.emailHelp')}
            type="email"
            name="email"
            autoComplete="username"
            required
            withAsterisk={false}
            value={email}
            onChange={(event) => setEmail(event.currentTarget.value)}
          />
          <Select
            label={t('field.country')}
            data={countries}
            value={country}
            onChange={setCountry}
            searchable
            required
            withAsterisk={false}
            nothingFoundMessage={t('signUp.noCountry')}
            autoComplete="country-name"
          />
          {country && isEea(country) ? (
            <Text c="dimmed" size="sm">
              {t('signUp.eea')}
            </Text>
          ) : (
            <Select
              label={t('field.region')}
              description={t('signUp.regionHelp')}
              placeholder={t('signUp.regionByCountry')}
              clearable
              data={(regions.data?.items ?? []).map(({ name }) => ({
                value: name,
                label: maybeText(`region.${name}`) ?? name,
              }))}
              value={region}
              onChange={setRegion}
            />
          )}
          <Button type="submit" fullWidth loading={create.isPending} disabled={!country}>
            {t('signUp.action')}
          </Button>
          <Text c="dimmed">
            {t('signUp.known')}{' '}
            <Anchor component={Link} to="/sign-in" underline="always">
              {t('signIn.action')}
            </Anchor>
          </Text>
        </Stack>
      </form>
    </AccountFrame>
  )
}
