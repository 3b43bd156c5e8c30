// The sheet of paper of a record: what it says, where it is from, who and when, its seal with the code, and where to check it.
// Must stay true: shown in print only, and then nothing else of the page is; the code is the server's, never made up here.
import { useQuery } from '@tanstack/react-query'
import { createPortal } from 'react-dom'
import { formatExact } from '../app/formatters.ts'
import { queries } from '../app/queries.ts'
import { recordPath } from '../app/record-place.ts'
import type { SealRecord } from '../app/records.ts'
import { maybeText, t } from '../app/t.ts'
import { usePersonNames } from '../ui/PersonName.tsx'
import { SealMark } from '../ui/Seal.tsx'
import classes from './RecordSheet.module.css'

export function RecordSheet({ id }: { id: string }) {
  const seal = useQuery(queries.seal(id))
  const isSnip = id.startsWith('snp_')
  const snip = useQuery({ ...queries.snip(id), enabled: isSnip })
  const documentId = isSnip ? snip.data?.documentId : id.startsWith('doc_') ? id : undefined
  const source = useQuery({ ...queries.document(documentId ?? ''), enabled: documentId !== undefined })
  const me = useQuery(queries.me())
  if (!seal.data) return null
  const title = isSnip
    ? snip.data?.insight || t('snip.noInsight')
    : (source.data?.title ?? maybeText(`seal.kind.${seal.data.record.kind}`) ?? seal.data.record.kind)
  const pages = snip.data ? [snip.data.page, ...snip.data.continues.map(({ page }) => page)] : []
  return createPortal(
    <section className={classes.sheet} aria-hidden="true">
      <p className={classes.house}>{t('print.house', { organisation: me.data?.organisation.name ?? '' })}</p>
      <h1 className="reading">{title}</h1>
      {snip.data?.quote && <blockquote className="reading">{snip.data.quote.exact}</blockquote>}
      {snip.data?.note && <p className={`reading ${classes.note}`}>{snip.data.note}</p>}
      {source.data && (
        <p className={classes.source}>
          {isSnip
            ? t('print.source', { title: source.data.title, count: pages.length, pages: pages.join(', ') })
            : t('print.document', { name: source.data.fileName, count: source.data.pageCount ?? 0 })}
        </p>
      )}
      <Stamp seal={seal.data} path={recordPath({ id, documentId })} />
    </section>,
    document.body,
  )
}

/** The seal as it is printed: mark and code, who and when, and where anybody who may can check. */
function Stamp({ seal, path }: { seal: SealRecord; path: string }) {
  const nameOf = usePersonNames()
  const { origin } = window.location
  return (
    <footer className={classes.stamp}>
      <SealMark state={seal.state} size={64} />
      <div>
        <p className={classes.code}>{seal.code ?? t('seal.noCode')}</p>
        <p>
          {t('print.made', { name: nameOf(seal.createdBy), when: formatExact(new Date(seal.createdAt)) })}
          <br />
          {t('print.changed', { name: nameOf(seal.updatedBy), when: formatExact(new Date(seal.updatedAt)) })}
        </p>
        <p>
          {t(`seal.state.${seal.state}`)}.{' '}
          {typeof seal.log?.position === 'number' &&
            t('seal.logPosition', { position: seal.log.position + 1 })}
        </p>
        <p>
          {t('print.check', { place: origin })}
          <br />
          <span className="mono">{`${origin}${path}`}</span>
        </p>
      </div>
    </footer>
  )
}
