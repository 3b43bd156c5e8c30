// Erasing a person: says what goes and what stays, and waits for their address to be typed, because nothing brings them back.
import { Button, Group, Modal, Stack, Text, TextInput } from '@mantine/core'
import { notifications } from '@mantine/notifications'
import { useMutation, useQueryClient } from '@tanstack/react-query'
import { useState } from 'react'
import { erasePerson } from '../app/api.gen.ts'
import type { Person } from '../app/records.ts'
import { t } from '../app/t.ts'
import { ProblemNote } from '../ui/ProblemNote.tsx'

export function ErasePerson({ person, onClose }: { person: Person | null; onClose: () => void }) {
  const queryClient = useQueryClient()
  const [typed, setTyped] = useState('')
  const close = () => {
    setTyped('')
    onClose()
  }
  const erase = useMutation({
    mutationFn: (one: Person) => erasePerson({ path: { id: one.id } }),
    onSuccess: () => {
      notifications.show({ message: t('people.erased') })
      close()
    },
    onSettled: () => queryClient.invalidateQueries({ queryKey: ['listPeople'] }),
  })
  return (
    <Modal
      opened={person !== null}
      onClose={close}
      title={t('people.eraseTitle', { name: person?.displayName ?? '' })}
    >
      <Stack>
        <Text>{t('people.eraseText')}</Text>
        <Text>{t('people.eraseStays')}</Text>
        <TextInput
          label={t('people.eraseConfirm', { email: person?.email ?? '' })}
          value={typed}
          autoComplete="off"
          onChange={(event) => setTyped(event.currentTarget.value)}
        />
        {erase.error && <ProblemNote error={erase.error} kept={t('people.eraseKept')} />}
        <Group justify="flex-end">
          <Button variant="default" onClick={close}>
            {t('action.keep')}
          </Button>
          <Button
            color="vermilion"
            loading={erase.isPending}
            disabled={person === null || typed.trim().toLowerCase() !== person.email.toLowerCase()}
            onClick={() => person && erase.mutate(person)}
          >
            {t('people.erase')}
          </Button>
        </Group>
      </Stack>
    </Modal>
  )
}
