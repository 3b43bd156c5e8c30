// The signing secrets of one key: when each was last used, a second one to roll over to, a public key, and revoking.
import { Alert, Button, Group, Modal, Stack, Text, Textarea } from '@mantine/core'
import { useMutation } from '@tanstack/react-query'
import { useState } from 'react'
import { addApiKeySecret, revokeApiKeySecret } from '../app/api.gen.ts'
import { formatWhen } from '../app/formatters.ts'
import type { ApiKey } from '../app/records.ts'
import { t } from '../app/t.ts'
import { ProblemNote } from '../ui/ProblemNote.tsx'
import { When } from '../ui/When.tsx'
import { ShownSecret } from './ShownSecret.tsx'
import classes from './settings.module.css'

interface Props {
  /** The key whose secrets are shown; null shows nothing. */
  apiKey: ApiKey | null
  onClose: () => void
  onChanged: () => void
}

export function ApiKeySecrets({ apiKey, onClose, onChanged }: Props) {
  const [publicKey, setPublicKey] = useState<string | null>(null)
  const id = apiKey?.id ?? ''
  const add = useMutation({
    mutationFn: (pem: string | null) =>
      addApiKeySecret({ path: { id }, body: pem === null ? {} : { publicKey: pem } }),
    onSuccess: () => setPublicKey(null),
    onSettled: onChanged,
  })
  const revoke = useMutation({
    mutationFn: (secret: string) => revokeApiKeySecret({ path: { id, secret } }),
    onSettled: onChanged,
  })
  const close = () => {
    add.reset()
    revoke.reset()
    setPublicKey(null)
    onClose()
  }
  const secrets = apiKey?.secrets ?? []
  const shared = secrets.filter(({ kind }) => kind === 'hmac').length
  return (
    <Modal
      opened={apiKey !== null}
      onClose={close}
      title={t('apiKeys.secretsNamed', { name: apiKey?.name ?? '' })}
      closeOnClickOutside={!add.data?.hmac}
    >
      <Stack>
        <Text c="dimmed">{t('apiKeys.secretsLead')}</Text>
        <ShownSecret
          label={t('apiKeys.signingId')}
          text={apiKey?.signingId ?? ''}
          copy={t('apiKeys.copyId')}
        />
        {secrets.length === 0 && <Text>{t('apiKeys.noSecrets')}</Text>}
        {secrets.length > 0 && (
          <ul className={classes.list}>
            {secrets.map((secret) => (
              <li key={secret.id} className={classes.line}>
                <div className={classes.grow}>
                  <div className={classes.strong}>{t(`apiKeys.secret.${secret.kind}`)}</div>
                  <div className={classes.quiet}>
                    <When at={secret.createdAt} /> ·{' '}
                    {secret.lastUsedAt ? (
                      <>
                        {t('apiKeys.lastUsed')} <When at={secret.lastUsedAt} />
                      </>
                    ) : (
                      t('apiKeys.neverUsed')
                    )}
                  </div>
                </div>
                <Button
                  variant="default"
                  color="vermilion"
                  aria-label={t('apiKeys.revokeSecretNamed', {
                    when: formatWhen(new Date(secret.createdAt), new Date()),
                  })}
                  loading={revoke.isPending && revoke.variables === secret.id}
                  onClick={() => revoke.mutate(secret.id)}
                >
                  {t('apiKeys.revokeSecret')}
                </Button>
              </li>
            ))}
          </ul>
        )}
        {revoke.error && <ProblemNote error={revoke.error} kept={t('apiKeys.secretKept')} />}
        {add.error && <ProblemNote error={add.error} />}
        {add.data?.hmac && (
          <>
            <Alert color="amber" variant="light">
              {t('apiKeys.secretOnce')}
            </Alert>
            <ShownSecret
              label={t('apiKeys.signingSecret')}
              text={add.data.hmac.key}
              copy={t('apiKeys.copySecret')}
            />
          </>
        )}
        {publicKey !== null && (
          <Textarea
            label={t('apiKeys.publicKey')}
            autosize
            minRows={3}
            value={publicKey}
            onChange={(event) => setPublicKey(event.currentTarget.value)}
          />
        )}
        <Group justify="flex-end">
          <Button
            variant="default"
            loading={add.isPending && publicKey !== null}
            onClick={() => (publicKey === null ? setPublicKey('') : add.mutate(publicKey))}
          >
            {t('apiKeys.addPublicKey')}
          </Button>
          <Button
            loading={add.isPending && publicKey === null}
            disabled={shared >= 2}
            onClick={() => add.mutate(null)}
          >
            {t('apiKeys.rollOver')}
          </Button>
        </Group>
      </Stack>
    </Modal>
  )
}
