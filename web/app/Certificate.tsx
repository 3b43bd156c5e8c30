// Where an organisation was: its certificate, as soon as it is written. There is no account any more, so nobody is asked for one.
import { Button, Loader, Stack, Text } from '@mantine/core'
import { IconCertificate } from '@tabler/icons-react'
import { useQuery } from '@tanstack/react-query'
import { useParams } from '@tanstack/react-router'
import { ProblemNote } from '../ui/ProblemNote.tsx'
import { AccountFrame } from './AccountFrame.tsx'
import { ApiProblem } from './api-call.ts'
import { queries } from './queries.ts'
import { t } from './t.ts'

export function Certificate() {
  const { id } = useParams({ from: '/certificates/$id' })
  const found = useQuery(queries.certificate(id))
  const isToCome = found.error instanceof ApiProblem && found.error.code === 'not_found'
  return (
    <AccountFrame title={found.data ? t('certificate.title') : t('certificate.toCome')}>
      <Stack gap="md" mt="md" align="flex-start">
        {found.data ? (
          <>
            <Text>{t('certificate.text')}</Text>
            <Button
              component="a"
              href={`/v1/certificates/${id}`}
              download
              leftSection={<IconCertificate size={18} stroke={1.6} aria-hidden="true" />}
            >
              {t('destroyed.download')}
            </Button>
            <Text c="dimmed">{t('certificate.verify')}</Text>
          </>
        ) : (
          <>
            <Text>{t('certificate.wait')}</Text>
            <Text c="dimmed">{t('certificate.keep')}</Text>
            {(found.isPending || isToCome) && <Loader size="sm" aria-hidden="true" />}
            {found.error && !isToCome && <ProblemNote error={found.error} />}
          </>
        )}
      </Stack>
    </AccountFrame>
  )
}
