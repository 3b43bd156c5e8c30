// What can be done with the chosen documents. Removing names what will be gone, for whom, and that it cannot come back.
import { Button, Group, Modal, Stack, Text } from '@mantine/core'
import { useDisclosure } from '@mantine/hooks'
import { notifications } from '@mantine/notifications'
import { useMutation, useQueryClient } from '@tanstack/react-query'
import { removeDocument } from '../app/api.gen.ts'
import type { DocumentRecord } from '../app/records.ts'
import { t } from '../app/t.ts'
import { ProblemNote } from '../ui/ProblemNote.tsx'
import classes from './SelectionBar.module.css'
import { titleOf } from './title-of.ts'

export function SelectionBar({ chosen, onDone }: { chosen: readonly DocumentRecord[]; onDone: () => void }) {
  const [asking, ask] = useDisclosure()
  const queryClient = useQueryClient()
  const remove = useMutation({
    mutationFn: async () => {
      for (const row of chosen) await removeDocument({ path: { id: row.id } })
    },
    onSuccess: () => {
      notifications.show({ message: t('library.removed', { count: chosen.length }) })
      ask.close()
      onDone()
    },
    onSettled: () => queryClient.invalidateQueries({ queryKey: ['listDocuments'] }),
  })
  if (chosen.length === 0) return null
  const snipCount = chosen.reduce((sum, row) => sum + row.snipCount, 0)
  return (
    <div className={classes.root} role="toolbar" aria-label={t('library.selected', { count: chosen.length })}>
      <span>{t('library.selected', { count: chosen.length })}</span>
      <Button variant="subtle" color="vermilion" onClick={ask.open}>
        {t('library.remove')}
      </Button>
      <Button variant="subtle" color="gray" onClick={onDone}>
        {t('library.clear')}
      </Button>
      <Modal opened={asking} onClose={ask.close} title={t('library.removeTitle', { count: chosen.length })}>
        <Stack>
          <Text>{t('library.removeText', { count: chosen.length, snips: snipCount })}</Text>
          <ul className={classes.names}>
            {chosen.slice(0, 5).map((row) => (
              <li key={row.id}>
                <bdi>{titleOf(row.title)}</bdi>
              </li>
            ))}
            {chosen.length > 5 && <li>{t('library.removeMore', { count: chosen.length - 5 })}</li>}
          </ul>
          {remove.error && <ProblemNote error={remove.error} kept={t('library.removeKept')} />}
          <Group justify="flex-end">
            <Button variant="default" onClick={ask.close}>
              {t('action.keep')}
            </Button>
            <Button color="vermilion" loading={remove.isPending} onClick={() => remove.mutate()}>
              {t('library.remove')}
            </Button>
          </Group>
        </Stack>
      </Modal>
    </div>
  )
}
