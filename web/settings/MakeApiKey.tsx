// Making an API key: its name, its end, what it may do and for whom it may speak; then its secrets, once and never again.
import {
  Button,
  Checkbox,
  Group,
  Modal,
  MultiSelect,
  Select,
  Stack,
  TagsInput,
  TextInput,
} from '@mantine/core'
import { useMutation, useQuery } from '@tanstack/react-query'
import { type FormEvent, useState } from 'react'
import { createApiKey } from '../app/api.gen.ts'
import { queries } from '../app/queries.ts'
import { t } from '../app/t.ts'
import { ProblemNote } from '../ui/ProblemNote.tsx'
import { ShownOnce } from './ShownOnce.tsx'
import { ShownSecret } from './ShownSecret.tsx'

const lifetimes = ['30', '90', '365', 'never'] as const
const longest = ['60', '900', '3600', '86400'] as const
const blank = {
  name: '',
  lifetime: '90',
  permissions: [] as string[],
  domains: [] as string[],
  longest: '900',
  allowsWeak: false,
}

/** The moment a number of days from now, or undefined for a key without an end. */
function endOf(lifetime: string, now: Date): string | undefined {
  return lifetime === 'never'
    ? undefined
    : new Date(now.getTime() + Number(lifetime) * 86_400_000).toISOString()
}

export function MakeApiKey({
  opened,
  onClose,
  onMade,
}: {
  opened: boolean
  onClose: () => void
  onMade: () => void
}) {
  const [wish, setWish] = useState(blank)
  const me = useQuery(queries.me())
  const change = (part: Partial<typeof blank>) => setWish((before) => ({ ...before, ...part }))
  const create = useMutation({
    mutationFn: () => {
      const expiresAt = endOf(wish.lifetime, new Date())
      return createApiKey({
        body: {
          name: wish.name.trim(),
          ...(expiresAt ? { expiresAt } : {}),
          ...(wish.permissions.length > 0 ? { permissions: wish.permissions } : {}),
          domains: wish.domains,
          longestSeconds: Number(wish.longest),
          allowsWeakAlgorithms: wish.allowsWeak,
        },
      })
    },
    onSuccess: onMade,
  })
  const close = () => {
    onClose()
    setWish(blank)
    create.reset()
  }
  const submit = (event: FormEvent) => {
    event.preventDefault()
    if (!create.isPending) create.mutate()
  }
  const domain = me.data?.person.email.split('@')[1] ?? 'acme.example'
  return (
    <Modal
      opened={opened}
      onClose={close}
      title={create.data ? t('apiKeys.made', { name: create.data.name }) : t('apiKeys.make')}
      closeOnClickOutside={!create.data}
    >
      {create.data ? (
        <ShownOnce note={t('apiKeys.once')} onDone={close}>
          <ShownSecret label={t('apiKeys.carried')} text={create.data.key} copy={t('apiKeys.copy')} />
          <ShownSecret
            label={`${t('apiKeys.signs')}: ${t('apiKeys.signingId')}`}
            text={create.data.hmac.id}
            copy={t('apiKeys.copyId')}
          />
          <ShownSecret
            label={`${t('apiKeys.signs')}: ${t('apiKeys.signingSecret')}`}
            text={create.data.hmac.key}
            copy={t('apiKeys.copySecret')}
          />
        </ShownOnce>
      ) : (
        <form onSubmit={submit}>
          <Stack>
            {create.error && <ProblemNote error={create.error} kept={t('signUp.kept')} />}
            <TextInput
              label={t('apiKeys.name')}
              description={t('apiKeys.nameHelp')}
              required
              withAsterisk={false}
              maxLength={200}
              data-autofocus
              value={wish.name}
              onChange={(event) => change({ name: event.currentTarget.value })}
            />
            <Select
              label={t('apiKeys.lifetime')}
              allowDeselect={false}
              data={lifetimes.map((value) => ({ value, label: t(`apiKeys.lifetime.${value}`) }))}
              value={wish.lifetime}
              onChange={(value) => change({ lifetime: value ?? '90' })}
            />
            <MultiSelect
              label={t('apiKeys.scopes')}
              description={t('apiKeys.scopesHelp')}
              searchable
              clearable
              data={me.data?.keyPermissions ?? []}
              value={wish.permissions}
              onChange={(permissions) => change({ permissions })}
            />
            <TagsInput
              label={t('apiKeys.domains')}
              description={t('apiKeys.domainsHelp', { domain })}
              maxTags={20}
              value={wish.domains}
              onChange={(domains) => change({ domains })}
            />
            <Select
              label={t('apiKeys.longest')}
              allowDeselect={false}
              data={longest.map((value) => ({ value, label: t(`apiKeys.longest.${value}`) }))}
              value={wish.longest}
              onChange={(value) => change({ longest: value ?? '900' })}
            />
            <Checkbox
              label={t('apiKeys.weak')}
              description={t('apiKeys.weakHelp')}
              checked={wish.allowsWeak}
              onChange={(event) => change({ allowsWeak: event.currentTarget.checked })}
            />
            <Group justify="flex-end">
              <Button type="submit" loading={create.isPending}>
                {t('apiKeys.make')}
              </Button>
            </Group>
          </Stack>
        </form>
      )}
    </Modal>
  )
}
