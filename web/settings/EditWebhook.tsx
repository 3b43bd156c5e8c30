// Making a webhook, whose secret is then shown once, or changing one.
import { Button, Group, Modal, MultiSelect, Stack, TextInput } from '@mantine/core'
import { useMutation, useQuery } from '@tanstack/react-query'
import { type FormEvent, useEffect, useState } from 'react'
import { createWebhook, updateWebhook } from '../app/api.gen.ts'
import { queries } from '../app/queries.ts'
import type { Webhook } from '../app/records.ts'
import { t } from '../app/t.ts'
import { ProblemNote } from '../ui/ProblemNote.tsx'
import { ShownOnce } from './ShownOnce.tsx'
import { ShownSecret } from './ShownSecret.tsx'
import { typeText } from './webhook-words.ts'

interface Props {
  /** The one to change; null makes one. */
  webhook: Webhook | null
  opened: boolean
  onClose: () => void
  onChanged: () => void
}

interface Wish {
  name: string
  url: string
  types: string[]
}

const blank: Wish = { name: '', url: '', types: [] }

export function EditWebhook({ webhook, opened, onClose, onChanged }: Props) {
  const [wish, setWish] = useState(blank)
  const [secret, setSecret] = useState<string | null>(null)
  const types = useQuery({ ...queries.webhookTypes(), enabled: opened })
  const change = (part: Partial<Wish>) => setWish((before) => ({ ...before, ...part }))
  const save = useMutation({
    mutationFn: async () => {
      const body = { name: wish.name.trim(), url: wish.url.trim(), types: wish.types }
      if (webhook) {
        await updateWebhook({ path: { id: webhook.id }, body })
        return null
      }
      return (await createWebhook({ body })).secret
    },
    onSuccess: (made) => {
      onChanged()
      if (made === null) onClose()
      else setSecret(made)
    },
  })
  const { reset } = save
  // Each time it opens it begins anew.
  useEffect(() => {
    if (!opened) return
    setWish(webhook ? { name: webhook.name, url: webhook.url, types: [...webhook.types] } : blank)
    setSecret(null)
    reset()
  }, [opened, webhook, reset])
  const submit = (event: FormEvent) => {
    event.preventDefault()
    if (!save.isPending) save.mutate()
  }
  const title = webhook ? t('webhooks.editNamed', { name: webhook.name }) : t('webhooks.make')
  return (
    <Modal
      opened={opened}
      onClose={onClose}
      title={secret === null ? title : t('webhooks.made', { name: wish.name })}
      closeOnClickOutside={secret === null}
    >
      {secret !== null ? (
        <ShownOnce note={t('webhooks.once')} onDone={onClose}>
          <ShownSecret label={t('webhooks.secret')} text={secret} copy={t('webhooks.copySecret')} />
        </ShownOnce>
      ) : (
        <form onSubmit={submit}>
          <Stack>
            {save.error && (
              <ProblemNote error={save.error} kept={webhook ? t('webhooks.kept') : t('webhooks.notMade')} />
            )}
            <TextInput
              label={t('webhooks.name')}
              description={t('webhooks.nameHelp')}
              required
              withAsterisk={false}
              maxLength={200}
              data-autofocus
              value={wish.name}
              onChange={(event) => change({ name: event.currentTarget.value })}
            />
            <TextInput
              type="url"
              inputMode="url"
              autoComplete="off"
              label={t('webhooks.url')}
              description={t('webhooks.urlHelp')}
              required
              withAsterisk={false}
              maxLength={2048}
              value={wish.url}
              onChange={(event) => change({ url: event.currentTarget.value })}
            />
            <MultiSelect
              label={t('webhooks.types')}
              description={t('webhooks.typesHelp')}
              searchable
              clearable
              data={(types.data?.items ?? []).map(({ name }) => ({ value: name, label: typeText(name) }))}
              value={wish.types}
              onChange={(chosen) => change({ types: chosen })}
            />
            <Group justify="flex-end">
              <Button type="submit" loading={save.isPending} disabled={wish.types.length === 0}>
                {webhook ? t('webhooks.save') : t('webhooks.make')}
              </Button>
            </Group>
          </Stack>
        </form>
      )}
    </Modal>
  )
}
