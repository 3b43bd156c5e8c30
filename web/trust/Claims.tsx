// Trust: what this installation claims, what shows it, and since when. Filters live in the address.
import { Button, Select, Skeleton, TextInput } from '@mantine/core'
import { IconPrinter, IconSearch } from '@tabler/icons-react'
import { useQuery } from '@tanstack/react-query'
import { Link, useNavigate, useSearch } from '@tanstack/react-router'
import { formatExact } from '../app/formatters.ts'
import { queries } from '../app/queries.ts'
import type { Claim } from '../app/records.ts'
import { type ClaimsSearch, claimStates } from '../app/search-parameters.ts'
import { t } from '../app/t.ts'
import { PageFrame } from '../ui/PageFrame.tsx'
import { ProblemNote } from '../ui/ProblemNote.tsx'
import { StateBadge } from '../ui/StateBadge.tsx'
import { When } from '../ui/When.tsx'
import classes from './Claims.module.css'
import { byTheme, claimTones, claimWords, themeWords } from './claim-words.ts'
import { RecoveryKitNote } from './RecoveryKitNote.tsx'
import { ScaleMail } from './ScaleMail.tsx'
import { SigningKeys } from './SigningKeys.tsx'

function count(claims: readonly Claim[], status: Claim['status']): number {
  return claims.filter((claim) => claim.status === status).length
}

function Overview({ claims }: { claims: readonly Claim[] }) {
  const failed = count(claims, 'FAIL')
  const newest = claims
    .map(({ lastShown }) => lastShown)
    .filter((at) => at !== null)
    .toSorted()
    .at(-1)
  return (
    <section className={classes.overview} data-failed={failed > 0 || undefined}>
      <div className={classes.words}>
        <p className={classes.lead}>
          {t('claims.lead', { passed: count(claims, 'PASS'), all: claims.length })}{' '}
          {failed > 0 && <strong>{t('claims.leadFailed', { count: failed })}</strong>}
        </p>
        <p className={classes.quiet}>
          {newest && (
            <>
              {t('claims.newest')} <When at={newest} />.{' '}
            </>
          )}
          {t('claims.honest')}
        </p>
        <ul className={classes.counts}>
          {claimStates.map((status) => (
            <li key={status}>
              <Link to="/trust" search={(previous) => ({ ...previous, status })} className={classes.count}>
                <b>{count(claims, status)}</b>
                <StateBadge tone={count(claims, status) === 0 ? 'quiet' : claimTones[status]}>
                  {t(`claims.status.${status}`)}
                </StateBadge>
              </Link>
            </li>
          ))}
        </ul>
      </div>
      <ScaleMail claims={byTheme(claims).flatMap(([, group]) => group)} />
    </section>
  )
}

function ClaimRow({ claim }: { claim: Claim }) {
  return (
    <li className={classes.row}>
      <Link to="/trust/claims/$claimId" params={{ claimId: claim.id }} className={classes.claim}>
        <span className="mono">{claim.id}</span>
        <span>{claimWords(claim.id)}</span>
      </Link>
      <span className={classes.state}>
        <StateBadge tone={claimTones[claim.status]}>{t(`claims.status.${claim.status}`)}</StateBadge>
      </span>
      <span className={classes.shown}>
        {claim.lastShown ? <When at={claim.lastShown} /> : t('claims.never')}
      </span>
    </li>
  )
}

export function Claims() {
  const search = useSearch({ from: '/app/trust' })
  const navigate = useNavigate({ from: '/trust' })
  const claims = useQuery(queries.claims())
  const refine = (members: Partial<ClaimsSearch>) =>
    void navigate({ search: (previous) => ({ ...previous, ...members }), replace: true, resetScroll: false })
  const all = claims.data ?? []
  const wanted = search.q?.toLowerCase() ?? ''
  const shown = all.filter(
    (claim) =>
      (!search.status || claim.status === search.status) &&
      (!search.theme || claim.evidence.theme === search.theme) &&
      `${claim.id} ${claimWords(claim.id)} ${themeWords(claim.evidence.theme)}`
        .toLowerCase()
        .includes(wanted),
  )
  const themes = byTheme(all).map(([theme]) => ({ value: theme, label: themeWords(theme) }))
  return (
    <PageFrame
      title={t('claims.title')}
      action={
        <Button
          variant="default"
          className={classes.noPrint ?? ''}
          leftSection={<IconPrinter size={16} stroke={1.5} />}
          onClick={() => window.print()}
        >
          {t('claims.print')}
        </Button>
      }
    >
      {claims.error && <ProblemNote error={claims.error} onRetry={() => void claims.refetch()} />}
      {claims.isPending && <Skeleton height={220} mt="md" />}
      {claims.data && (
        <>
          <RecoveryKitNote claims={claims.data} />
          <Overview claims={claims.data} />
          <p className={classes.printed}>{t('claims.printed', { when: formatExact(new Date()) })}</p>
          <div className={classes.filters}>
            <TextInput
              aria-label={t('claims.search')}
              placeholder={t('claims.search')}
              leftSection={<IconSearch size={16} stroke={1.5} />}
              defaultValue={search.q ?? ''}
              onChange={(event) => refine({ q: event.currentTarget.value || undefined })}
            />
            <Select
              aria-label={t('claims.filter')}
              data={claimStates.map((value) => ({ value, label: t(`claims.status.${value}`) }))}
              placeholder={t('claims.all')}
              value={search.status ?? null}
              onChange={(value) => refine({ status: claimStates.find((one) => one === value) })}
              clearable
            />
            <Select
              aria-label={t('claims.theme')}
              data={themes}
              placeholder={t('claims.anyTheme')}
              value={search.theme ?? null}
              onChange={(value) => refine({ theme: value ?? undefined })}
              clearable
            />
            <span className={classes.quiet} role="status">
              {t('claims.count', { shown: shown.length, all: all.length })}
            </span>
          </div>
          {shown.length === 0 && (
            <p className={classes.none}>
              {t('claims.noMatch')} <Link to="/trust">{t('claims.clear')}</Link>
            </p>
          )}
          {byTheme(shown).map(([theme, group]) => (
            <section key={theme} className={classes.theme}>
              <h2>
                {themeWords(theme)}{' '}
                <span className={classes.tally}>
                  {t('claims.count', { shown: count(group, 'PASS'), all: group.length })}
                </span>
              </h2>
              <ul className={classes.list}>
                {group.map((claim) => (
                  <ClaimRow key={claim.id} claim={claim} />
                ))}
              </ul>
            </section>
          ))}
          <SigningKeys evidenceClaim={all.find(({ proof }) => proof !== null)?.id} />
        </>
      )}
    </PageFrame>
  )
}
