// The public keys that sign the logs, with fingerprints that two people can compare by reading them aloud.
import { useQuery } from '@tanstack/react-query'
import { queries } from '../app/queries.ts'
import { t } from '../app/t.ts'
import { CopyButton } from '../ui/CopyButton.tsx'
import { FactList } from '../ui/FactList.tsx'
import { bytesOfBase64, hexOfBytes } from './merkle-proof.ts'
import classes from './SigningKeys.module.css'

/** SHA-256 of the raw public key in a vkey, in groups of four. */
export async function fingerprintOf(key: string): Promise<string> {
  const typed = bytesOfBase64(key.slice(key.lastIndexOf('+') + 1))
  const hash = new Uint8Array(await crypto.subtle.digest('SHA-256', typed.slice(1)))
  return hexOfBytes(hash).match(/.{4}/g)?.join(' ') ?? ''
}

function SigningKey({ name, vkey }: { name: string; vkey: string }) {
  const fingerprint = useQuery({
    queryKey: ['fingerprint', vkey],
    queryFn: () => fingerprintOf(vkey),
    staleTime: Number.POSITIVE_INFINITY,
  })
  return (
    <div className={classes.key}>
      <h3>{name}</h3>
      <FactList
        facts={[
          [
            t('claims.fingerprint'),
            <span key="fingerprint" className={classes.text}>
              <code className="mono">{fingerprint.data ?? ' '}</code>
              {fingerprint.data && <CopyButton text={fingerprint.data} label={t('claims.copyFingerprint')} />}
            </span>,
          ],
          [
            t('claims.key'),
            <span key="key" className={classes.text}>
              <code className="mono">{vkey}</code>
              <CopyButton text={vkey} label={t('claims.copyKey')} />
            </span>,
          ],
        ]}
      />
    </div>
  )
}

export function SigningKeys({ evidenceClaim }: { evidenceClaim: string | undefined }) {
  const me = useQuery(queries.me())
  const checkpoint = useQuery(queries.checkpoint())
  const shown = useQuery({ ...queries.claim(evidenceClaim ?? ''), enabled: evidenceClaim !== undefined })
  return (
    <section className={classes.root} id="keys">
      <h2>{t('claims.keys')}</h2>
      <p>{t('claims.keysText')}</p>
      {checkpoint.data && <SigningKey name={t('claims.keyAudit')} vkey={checkpoint.data.key} />}
      {shown.data?.proof && (
        <SigningKey
          name={t('claims.keyEvidence', { region: me.data?.organisation.region ?? '' })}
          vkey={shown.data.proof.key}
        />
      )}
    </section>
  )
}
