// A document by its address: the form asks for it, the work goes on without it.
import { Button, Group, Modal, Stack, TextInput } from '@mantine/core'
import { useMutation, useQueryClient } from '@tanstack/react-query'
import { type FormEvent, useState } from 'react'
import { addDocument } from '../app/api.gen.ts'
import { t } from '../app/t.ts'
import { ProblemNote } from '../ui/ProblemNote.tsx'
import { noteFetch } from './fetches-here.ts'

export function AddByAddress({ opened, onClose }: { opened: boolean; onClose: () => void }) {
  const queryClient = useQueryClient()
  const [url, setUrl] = useState('')
  const add = useMutation({
    mutationFn: () => addDocument({ body: { url: url.trim() } }),
    onSuccess: ({ id }) => {
      noteFetch(queryClient, id)
      void queryClient.invalidateQueries({ queryKey: ['listActivity'] })
      close()
    },
  })
  const close = () => {
    onClose()
    setUrl('')
    add.reset()
  }
  const submit = (event: FormEvent) => {
    event.preventDefault()
    if (!add.isPending) add.mutate()
  }
  return (
    <Modal opened={opened} onClose={close} title={t('library.address')}>
      <form onSubmit={submit}>
        <Stack>
          {add.error && <ProblemNote error={add.error} kept={t('library.address.kept')} />}
          <TextInput
            type="url"
            inputMode="url"
            autoComplete="off"
            label={t('library.address.label')}
            description={t('library.address.help')}
            required
            withAsterisk={false}
            maxLength={2048}
            data-autofocus
            value={url}
            onChange={(event) => setUrl(event.currentTarget.value)}
          />
          <Group justify="flex-end">
            <Button variant="default" onClick={close}>
              {t('action.cancel')}
            </Button>
            <Button type="submit" loading={add.isPending}>
              {t('library.address.add')}
            </Button>
          </Group>
        </Stack>
      </form>
    </Modal>
  )
}
