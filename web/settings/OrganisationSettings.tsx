// The organisation's own rules: name, how long sessions last, passwords, and what may be stored per product.
import { Button, Group, NumberInput, Select, Skeleton, Stack, Switch, TextInput, Title } from '@mantine/core'
import { notifications } from '@mantine/notifications'
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { type FormEvent, useState } from 'react'
import { updateOrganisation } from '../app/api.gen.ts'
import { queries } from '../app/queries.ts'
import type { Organisation } from '../app/records.ts'
import { maybeText, t } from '../app/t.ts'
import { FactList } from '../ui/FactList.tsx'
import { PageFrame } from '../ui/PageFrame.tsx'
import { ProblemNote } from '../ui/ProblemNote.tsx'
import { Seal } from '../ui/Seal.tsx'
import { When } from '../ui/When.tsx'
import { DestroyOrganisation } from './DestroyOrganisation.tsx'
import classes from './settings.module.css'

const strengths = [1, 2, 3, 4] as const
const products = ['knowledge', 'agreements', 'fleet'] as const

export function OrganisationSettings() {
  const organisation = useQuery(queries.organisation())
  const me = useQuery(queries.me())
  return (
    <PageFrame title={t('organisation.title')}>
      {organisation.isError && (
        <ProblemNote error={organisation.error} onRetry={() => void organisation.refetch()} />
      )}
      {organisation.isPending && (
        <Stack className={classes.form} aria-busy="true">
          <Skeleton height={36} />
          <Skeleton height={36} />
          <Skeleton height={36} />
        </Stack>
      )}
      {organisation.data && <OrganisationForm known={organisation.data} />}
      {organisation.data && me.data?.permissions.includes('core.organisation.destroy') && (
        <DestroyOrganisation known={organisation.data} />
      )}
    </PageFrame>
  )
}

function OrganisationForm({ known }: { known: Organisation }) {
  const me = useQuery(queries.me())
  const queryClient = useQueryClient()
  const [name, setName] = useState(known.name)
  const [idle, setIdle] = useState<number | string>(known.sessionIdleMinutes)
  const [absolute, setAbsolute] = useState<number | string>(known.sessionAbsoluteHours)
  const [password, setPassword] = useState<number | string>(known.passwordMinimumLength)
  const [strength, setStrength] = useState(known.passwordStrength)
  const [history, setHistory] = useState<number | string>(known.passwordHistory)
  const [storage, setStorage] = useState(known.storage)
  const mayManage = me.data?.permissions.includes('core.organisation.manage') ?? false
  const wanted = {
    name: name.trim(),
    sessionIdleMinutes: Number(idle),
    sessionAbsoluteHours: Number(absolute),
    passwordMinimumLength: Number(password),
    passwordStrength: strength,
    passwordHistory: Number(history),
    storage,
  }
  const isChanged =
    wanted.name !== known.name ||
    wanted.sessionIdleMinutes !== known.sessionIdleMinutes ||
    wanted.sessionAbsoluteHours !== known.sessionAbsoluteHours ||
    wanted.passwordMinimumLength !== known.passwordMinimumLength ||
    wanted.passwordStrength !== known.passwordStrength ||
    wanted.passwordHistory !== known.passwordHistory ||
    products.some((product) => storage[product] !== known.storage[product])
  const save = useMutation({
    mutationFn: () => updateOrganisation({ body: wanted }),
    onSuccess: (answer) => {
      queryClient.setQueryData(queries.organisation().queryKey, answer)
      void queryClient.invalidateQueries({ queryKey: ['readMe'] })
      notifications.show({ message: t('organisation.saved') })
    },
  })
  const submit = (event: FormEvent) => {
    event.preventDefault()
    if (isChanged && !save.isPending) save.mutate()
  }
  return (
    <form onSubmit={submit} className={classes.form}>
      <FactList
        facts={[
          [t('organisation.region'), maybeText(`region.${known.region}`) ?? known.region],
          [t('organisation.domains'), known.domains.join(', ')],
          [t('organisation.founded'), <When key="founded" at={known.createdAt} />],
          [t('seal.title'), <Seal key="seal" id={known.id} name={known.name} />],
        ]}
      />
      <fieldset disabled={!mayManage} className={classes.fields}>
        <Stack>
          <TextInput
            label={t('field.organisationName')}
            required
            withAsterisk={false}
            maxLength={200}
            value={name}
            onChange={(event) => setName(event.currentTarget.value)}
          />
          <Title order={2} className={classes.section}>
            {t('organisation.sessions')}
          </Title>
          <NumberInput
            label={t('organisation.idle')}
            description={t('organisation.idleHelp')}
            min={5}
            max={43_200}
            allowDecimal={false}
            value={idle}
            onChange={setIdle}
          />
          <NumberInput
            label={t('organisation.absolute')}
            description={t('organisation.absoluteHelp')}
            min={1}
            max={8760}
            allowDecimal={false}
            value={absolute}
            onChange={setAbsolute}
          />
          <NumberInput
            label={t('organisation.password')}
            description={t('organisation.passwordHelp')}
            min={8}
            max={128}
            allowDecimal={false}
            value={password}
            onChange={setPassword}
          />
          <Select
            label={t('organisation.strength')}
            description={t('organisation.strengthHelp')}
            data={strengths.map((value) => ({
              value: String(value),
              label: t(`organisation.strength.${value}`),
            }))}
            allowDeselect={false}
            value={String(strength)}
            onChange={(value) => setStrength(Number(value))}
          />
          <NumberInput
            label={t('organisation.history')}
            description={t('organisation.historyHelp')}
            min={0}
            max={24}
            allowDecimal={false}
            value={history}
            onChange={setHistory}
          />
          <Title order={2} className={classes.section}>
            {t('organisation.storage')}
          </Title>
          {products.map((product) => (
            <Switch
              key={product}
              label={t(`product.${product}`)}
              description={t(`product.${product}.stores`)}
              checked={storage[product]}
              onChange={(event) => setStorage({ ...storage, [product]: event.currentTarget.checked })}
            />
          ))}
        </Stack>
      </fieldset>
      {save.error && <ProblemNote error={save.error} kept={t('signUp.kept')} />}
      {mayManage && (
        <Group mt="lg">
          <Button type="submit" loading={save.isPending} disabled={!isChanged}>
            {t('organisation.save')}
          </Button>
        </Group>
      )}
    </form>
  )
}
