// Details beside the page; a page of its own on the phone. Closing goes through the address, so Back closes it too.
import { Drawer } from '@mantine/core'
import { useMediaQuery } from '@mantine/hooks'
import type { ReactNode } from 'react'
import { t } from '../app/t.ts'
import classes from './SidePanel.module.css'

interface Props {
  opened: boolean
  title: ReactNode
  onClose: () => void
  children: ReactNode
}

export function SidePanel({ opened, title, onClose, children }: Props) {
  const phone = useMediaQuery('(max-width: 47.99em)', false, { getInitialValueInEffect: false })
  return (
    <Drawer
      opened={opened}
      onClose={onClose}
      title={title}
      position="right"
      size={phone ? '100%' : 460}
      overlayProps={{ backgroundOpacity: 0.12 }}
      closeButtonProps={{ 'aria-label': t('panel.close') }}
      classNames={{
        title: classes.title,
        header: classes.header,
        content: classes.content,
        body: classes.body,
      }}
    >
      {children}
    </Drawer>
  )
}
