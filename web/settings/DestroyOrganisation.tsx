// The end of an organisation: its owner reads what goes, types its name, and is shown where the certificate will be.
import { Button, Group, Modal, Stack, Text, TextInput, Title } from '@mantine/core'
import { useDisclosure } from '@mantine/hooks'
import { useMutation, useQueryClient } from '@tanstack/react-query'
import { useNavigate } from '@tanstack/react-router'
import { useState } from 'react'
import { destroyOrganisation } from '../app/api.gen.ts'
import type { Organisation } from '../app/records.ts'
import { t } from '../app/t.ts'
import { ProblemNote } from '../ui/ProblemNote.tsx'
import classes from './settings.module.css'

export function DestroyOrganisation({ known }: { known: Organisation }) {
  const [asking, ask] = useDisclosure()
  const [name, setName] = useState('')
  const queryClient = useQueryClient()
  const navigate = useNavigate()
  const destroy = useMutation({
    mutationFn: () => destroyOrganisation({ body: { name: name.trim() } }),
    onSuccess: async ({ certificateId }) => {
      await navigate({ to: '/certificates/$id', params: { id: certificateId } })
      queryClient.clear()
    },
  })
  return (
    <section className={classes.form}>
      <Title order={2} className={classes.section}>
        {t('organisation.end')}
      </Title>
      <Text c="dimmed">{t('organisation.endLead')}</Text>
      <Group mt="md">
        <Button variant="outline" color="vermilion" onClick={ask.open}>
          {t('organisation.endOpen')}
        </Button>
      </Group>
      <Modal opened={asking} onClose={ask.close} title={t('organisation.endTitle', { name: known.name })}>
        <Stack>
          <Text>{t('organisation.endText')}</Text>
          <Text>{t('organisation.endBack')}</Text>
          <TextInput
            label={t('organisation.endConfirm', { name: known.name })}
            value={name}
            autoComplete="off"
            onChange={(event) => setName(event.currentTarget.value)}
          />
          {destroy.error && <ProblemNote error={destroy.error} kept={t('organisation.endKept')} />}
          <Group justify="flex-end">
            <Button variant="default" onClick={ask.close}>
              {t('action.keep')}
            </Button>
            <Button
              color="vermilion"
              loading={destroy.isPending}
              disabled={name.trim() !== known.name}
              onClick={() => destroy.mutate()}
            >
              {t('organisation.endNow')}
            </Button>
          </Group>
        </Stack>
      </Modal>
    </section>
  )
}
