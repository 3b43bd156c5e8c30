// What one check said over time: a tick for each result, oldest first; tall and whole where it passed.
import { formatStamp } from '../app/formatters.ts'
import type { ClaimResult } from '../app/records.ts'
import { t } from '../app/t.ts'
import classes from './HistoryStrip.module.css'

export function HistoryStrip({ results }: { results: readonly ClaimResult[] }) {
  const passed = results.filter(({ status }) => status === 'PASS').length
  return (
    <div className={classes.root}>
      <svg
        className={classes.strip}
        viewBox="0 0 300 24"
        preserveAspectRatio="none"
        role="img"
        aria-label={`${t('claims.history')}: ${t('claims.historyOf', { passed, all: results.length })}`}
      >
        {results.toReversed().map((result, index) => (
          <rect
            key={result.position}
            x={(60 - results.length + index) * 5}
            y={result.status === 'PASS' ? 2 : 8}
            width="3.4"
            height={result.status === 'PASS' ? 20 : 14}
            className={classes.tick}
            data-status={result.status}
            data-other={!result.isThisProgram || undefined}
          >
            <title>{`${formatStamp(new Date(result.at))}: ${t(`claims.status.${result.status}`)}`}</title>
          </rect>
        ))}
      </svg>
      <span>{t('claims.historyOf', { passed, all: results.length })}</span>
    </div>
  )
}
