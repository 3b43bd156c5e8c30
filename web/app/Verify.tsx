// Behind the link in the mail: its holder chooses the password; the first person of a company founds its organisation and decides for
// each product what is stored, with nothing chosen beforehand; others join.
import { Button, Group, Radio, Skeleton, Stack, Text, TextInput } from '@mantine/core'
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { Link, useNavigate, useSearch } from '@tanstack/react-router'
import { type FormEvent, useState } from 'react'
import { NewPasswordInput } from '../ui/NewPasswordInput.tsx'
import { ProblemNote } from '../ui/ProblemNote.tsx'
import { AccountFrame } from './AccountFrame.tsx'
import { type ReadVerificationAnswer, verifyAccount } from './api.gen.ts'
import { ApiProblem } from './api-call.ts'
import { queries } from './queries.ts'
import { maybeText, t } from './t.ts'
import classes from './Verify.module.css'

const products = ['knowledge', 'agreements', 'fleet'] as const

/** The same link for the region where the organisation is, when the server named it. */
function otherLinkOf(error: unknown): string | null {
  if (!(error instanceof ApiProblem) || error.code !== 'wrong_region') return null
  const { details } = error.members
  const url = typeof details === 'object' && details !== null && 'url' in details ? details.url : undefined
  return typeof url === 'string' && url.startsWith('https://') ? url : null
}

function Elsewhere({ link }: { link: string }) {
  return (
    <AccountFrame title={t('verify.elsewhere')} lead={t('verify.elsewhereLead')}>
      <Button component="a" href={link} mt="md">
        {t('verify.goThere', { host: new URL(link).host })}
      </Button>
    </AccountFrame>
  )
}

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
  const elsewhere = otherLinkOf(verification.error)
  if (elsewhere) return <Elsewhere link={elsewhere} />
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
  const [displayName, setDisplayName] = useState(found.displayName)
  const [password, setPassword] = useState('')
  const [storage, setStorage] = useState<Partial<Record<(typeof products)[number], boolean>>>({})
  const navigate = useNavigate()
  const queryClient = useQueryClient()
  const verify = useMutation({
    mutationFn: () =>
      verifyAccount({
        body: {
          token,
          password,
          displayName: displayName.trim(),
          ...(founds
            ? {
                organisationName: organisationName.trim(),
                storage: {
                  knowledge: storage.knowledge === true,
                  agreements: storage.agreements === true,
                  fleet: storage.fleet === true,
                },
              }
            : {}),
        },
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
  const moved = otherLinkOf(verify.error)
  if (moved) return <Elsewhere link={moved} />
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
          <input type="hidden" name="username" autoComplete="username" value={found.email} />
          <NewPasswordInput
            label={t('field.password')}
            minimumLength={found.passwordMinimumLength}
            value={password}
            onChange={setPassword}
            autoFocus
          />
          {founds && (
            <>
              <TextInput
                label={t('field.organisationName')}
                required
                withAsterisk={false}
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
                  <Radio.Group
                    key={product}
                    className={classes.choice ?? ''}
                    label={t(`product.${product}`)}
                    description={t(`product.${product}.stores`)}
                    required
                    withAsterisk={false}
                    value={storage[product] === undefined ? '' : storage[product] ? 'accept' : 'decline'}
                    onChange={(value) => setStorage({ ...storage, [product]: value === 'accept' })}
                  >
                    <Group mt="xs">
                      <Radio value="accept" label={t('verify.accept')} required />
                      <Radio value="decline" label={t('verify.decline')} required />
                    </Group>
                  </Radio.Group>
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
