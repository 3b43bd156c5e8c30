// What a screen says when there is nothing yet: one sentence, one action, a small drawing.
import { Stack, Text } from '@mantine/core'
import type { ReactNode } from 'react'
import classes from './EmptyScreen.module.css'

export function EmptyScreen({
  icon,
  children,
  action,
}: {
  icon: ReactNode
  children: ReactNode
  action?: ReactNode
}) {
  return (
    <Stack align="center" gap="md" className={classes.root}>
      <span className={classes.icon} aria-hidden="true">
        {icon}
      </span>
      <Text className={classes.text}>{children}</Text>
      {action}
    </Stack>
  )
}
