// Behind the link in the mail: the first person of a company founds its organisation and decides what is stored; others join.
import { Button, Skeleton, Stack, Switch, Text, TextInput } from '@mantine/core'
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { Link, useNavigate, useSearch } from '@tanstack/react-router'
import { type FormEvent, useState } from 'react'
import { ProblemNote } from '../ui/ProblemNote.tsx'
import { AccountFrame } from './AccountFrame.tsx'
import { type ReadVerificationAnswer, verifyAccount } from './api.gen.ts'
import { queries } from './queries.ts'
import { maybeText, t } from './t.ts'
import classes from './Verify.module.css'

const products = ['knowledge', 'agreements', 'fleet'] as const

export function Verify() {
  const { token = '' } = useSearch({ from: '/verify' })
  const verification = useQuery(queries.verification(token))
  if (verification.isPending) {
    return (
      <AccountFrame title={t('verify.reading')}>
        <Skeleton height={16} mt="lg" />
        <Skeleton height={16} mt="sm" width="70%" />
      </AccountFrame>
    )
  }
  if (verification.isError) {
    return (
      <AccountFrame title={t('verify.failed')}>
        <Stack gap="md" mt="md">
          <ProblemNote error={verification.error} kept={t('verify.whole')} />
          <Button component={Link} to="/sign-up" variant="default">
            {t('verify.newLink')}
          </Button>
        </Stack>
      </AccountFrame>
    )
  }
  return <VerifyForm token={token} found={verification.data} />
}

function VerifyForm({ token, found }: { token: string; found: ReadVerificationAnswer }) {
  const founds = found.organisation === 'found'
  const region = maybeText(`region.${found.region}`) ?? found.region
  const [organisationName, setOrganisationName] = useState(found.organisationName ?? '')
  const [storage, setStorage] = useState({ knowledge: true, agreements: true, fleet: true })
  const navigate = useNavigate()
  const queryClient = useQueryClient()
  const verify = useMutation({
    mutationFn: () =>
      verifyAccount({
        body: founds ? { token, organisationName: organisationName.trim(), storage } : { token },
      }),
    onSuccess: async () => {
      queryClient.clear()
      await navigate({ to: '/knowledge', replace: true })
    },
  })
  const submit = (event: FormEvent) => {
    event.preventDefault()
    if (!verify.isPending) verify.mutate()
  }
  return (
    <AccountFrame
      title={founds ? t('verify.found') : t('verify.join', { organisation: found.organisationName ?? '' })}
      lead={
        founds
          ? t('verify.foundLead', { name: found.displayName, region })
          : t('verify.joinLead', { email: found.email, region })
      }
    >
      <form onSubmit={submit}>
        <Stack gap="md">
          {verify.error && <ProblemNote error={verify.error} kept={t('signUp.kept')} />}
          {founds && (
            <>
              <TextInput
                label={t('field.organisationName')}
                required
                withAsterisk={false}
                autoFocus
                maxLength={200}
                value={organisationName}
                onChange={(event) => setOrganisationName(event.currentTarget.value)}
              />
              <fieldset className={classes.choices}>
                <legend>{t('verify.storage')}</legend>
                <Text c="dimmed" size="sm" mb="xs">
                  {t('verify.storageHelp', { region })}
                </Text>
                {products.map((product) => (
                  <Switch
                    key={product}
                    className={classes.choice ?? ''}
                    label={t(`product.${product}`)}
                    description={t(`product.${product}.stores`)}
                    checked={storage[product]}
                    onChange={(event) => setStorage({ ...storage, [product]: event.currentTarget.checked })}
                  />
                ))}
              </fieldset>
            </>
          )}
          <Button type="submit" fullWidth loading={verify.isPending}>
            {founds ? t('verify.foundAction') : t('verify.joinAction')}
          </Button>
        </Stack>
      </form>
    </AccountFrame>
  )
}
