// An address that leads nowhere, or to something that is not yours: the two are not told apart.
import { Button } from '@mantine/core'
import { IconCompass } from '@tabler/icons-react'
import { Link } from '@tanstack/react-router'
import { EmptyScreen } from '../ui/EmptyScreen.tsx'
import { t } from './t.ts'

export function NotFound() {
  return (
    <main>
      <title>{t('shell.documentTitle', { title: t('notFound.title') })}</title>
      <h1 className="visually-hidden">{t('notFound.title')}</h1>
      <EmptyScreen
        icon={<IconCompass size={28} stroke={1.4} />}
        action={
          <Button component={Link} to="/knowledge">
            {t('notFound.action')}
          </Button>
        }
      >
        {t('notFound.text')}
      </EmptyScreen>
    </main>
  )
}
