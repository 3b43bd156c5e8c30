// The way back to the first steps, in the menu under one's name, for as long as some are open.
import { Menu } from '@mantine/core'
import { notifications } from '@mantine/notifications'
import { IconListCheck } from '@tabler/icons-react'
import { useNavigate } from '@tanstack/react-router'
import { problemWords } from '../app/problem-words.ts'
import { t } from '../app/t.ts'
import { useChangeGuide, useGuide } from './use-guide.ts'

export function GuideItem() {
  const { steps, taken, isOver, isDismissed } = useGuide()
  const change = useChangeGuide()
  const navigate = useNavigate()
  if (isOver) return null
  const open = () => {
    void navigate({ to: '/knowledge' })
    if (isDismissed)
      change.mutate(false, {
        onError: (error) => notifications.show({ message: problemWords(error).happened }),
      })
  }
  return (
    <>
      <Menu.Item
        leftSection={<IconListCheck size={16} stroke={1.5} />}
        rightSection={
          <span className="quiet tabular">{t('guide.short', { taken, total: steps.length })}</span>
        }
        onClick={open}
      >
        {t('guide.title')}
      </Menu.Item>
      <Menu.Divider />
    </>
  )
}
