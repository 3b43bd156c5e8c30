// Every claim as one scale of a coat of mail, by theme: whole where it is in operation, open where it is not shown. A picture for
// the eye; the table below it says the same in words and takes the keyboard.
import { useNavigate } from '@tanstack/react-router'
import type { Claim } from '../app/records.ts'
import { t } from '../app/t.ts'
import { claimWords, themeWords } from './claim-words.ts'
import classes from './ScaleMail.module.css'

const WIDE = 16
const STEP = 40
const DROP = 33
const SCALE = 'M1.5 2C1.5 2 20 -1.5 38.5 2V24C38.5 37 27 44 20 47C13 44 1.5 37 1.5 24Z'
const GLYPHS: Partial<Record<Claim['status'], string>> = {
  FAIL: 'M14 18l12 12M26 18l-12 12',
  'NOT SET UP HERE': 'M14 25h12',
}

interface Place {
  x: number
  y: number
  row: number
}

/** Rows of 16 and 15 in turn, each half a scale in from the one above: 93 fill six of them. */
export function placeOf(index: number): Place {
  let row = 0
  let left = index
  for (let width = WIDE; left >= width; width = row % 2 === 0 ? WIDE : WIDE - 1) {
    left -= width
    row += 1
  }
  return { x: left * STEP + (row % 2 === 0 ? 0 : STEP / 2), y: row * DROP, row }
}

export function ScaleMail({ claims }: { claims: readonly Claim[] }) {
  const navigate = useNavigate()
  const placed = claims.map((claim, index) => ({ claim, ...placeOf(index) }))
  const rows = Math.max(0, ...placed.map(({ row }) => row)) + 1
  return (
    <svg
      className={classes.root}
      viewBox={`-2 -2 ${WIDE * STEP + 4} ${(rows - 1) * DROP + 52}`}
      role="img"
      aria-label={t('claims.chart')}
    >
      {/* The lowest row first, so that each lies over the next, as scales do. */}
      {placed.toReversed().map(({ claim, x, y }) => (
        // biome-ignore lint/a11y/noStaticElementInteractions: the table below does the same with links.
        <g
          key={claim.id}
          transform={`translate(${x} ${y})`}
          className={classes.scale}
          data-status={claim.status}
          onClick={() => void navigate({ to: '/trust/claims/$claimId', params: { claimId: claim.id } })}
        >
          <title>
            {`${themeWords(claim.evidence.theme)}: ${claimWords(claim.id)} ${t(`claims.status.${claim.status}`)}.`}
          </title>
          <path d={SCALE} className={classes.plate} />
          <path d="M20 5V38" className={classes.rib} />
          {GLYPHS[claim.status] && <path d={GLYPHS[claim.status]} className={classes.glyph} />}
        </g>
      ))}
    </svg>
  )
}
