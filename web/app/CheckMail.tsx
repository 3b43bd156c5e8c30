// Says where to look after sign-up, or after asking for another password; the same words whether or not the address was new, so nobody can ask who is here.
import { Anchor, Stack, Text } from '@mantine/core'
import { IconMailOpened } from '@tabler/icons-react'
import { Link, useSearch } from '@tanstack/react-router'
import { AccountFrame } from './AccountFrame.tsx'
import { t } from './t.ts'

export function CheckMail() {
  const { email, from } = useSearch({ from: '/check-mail' })
  return (
    <AccountFrame title={t('checkMail.title')}>
      <Stack gap="md" mt="md">
        <IconMailOpened size={40} stroke={1.2} aria-hidden="true" />
        <Text>{email ? t('checkMail.sentTo', { email }) : t('checkMail.sent')}</Text>
        <Text c="dimmed">{t('checkMail.nothing')}</Text>
        <Anchor component={Link} to={from === 'reset' ? '/forgot-password' : '/sign-up'}>
          {t('checkMail.again')}
        </Anchor>
      </Stack>
    </AccountFrame>
  )
}
