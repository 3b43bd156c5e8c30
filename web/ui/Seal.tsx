// The seal: a small round mark on every record that opens the drawer with the record's whole story.
// Must stay true: the state is told by shape and name, not by colour alone; never green without the server having said so.
import { Tooltip, UnstyledButton } from '@mantine/core'
import { useQuery } from '@tanstack/react-query'
import { useNavigate } from '@tanstack/react-router'
import { queries } from '../app/queries.ts'
import { t } from '../app/t.ts'
import classes from './Seal.module.css'

export type SealState = 'in-order' | 'due' | 'failed' | 'unknown'

/** The scalloped edge of a wax seal around (12, 12). */
function edge(): string {
  const points: string[] = []
  for (let step = 0; step < 96; step += 1) {
    const angle = (step / 96) * 2 * Math.PI
    const radius = 10.2 + 0.75 * Math.cos(angle * 12)
    points.push(`${(12 + radius * Math.cos(angle)).toFixed(2)},${(12 + radius * Math.sin(angle)).toFixed(2)}`)
  }
  return `M${points.join('L')}Z`
}
const edgePath = edge()
const glyphs: Record<SealState, string> = {
  'in-order': 'M7.8 12.4l2.8 2.8 5.6-6',
  due: 'M12 7.6V12l2.8 1.9',
  failed: 'M8.8 8.8l6.4 6.4M15.2 8.8l-6.4 6.4',
  unknown: '',
}

export function SealMark({ state, size = 18 }: { state: SealState; size?: number }) {
  return (
    <svg
      viewBox="0 0 24 24"
      width={size}
      height={size}
      className={classes.mark}
      data-state={state}
      aria-hidden="true"
    >
      <path d={edgePath} className={classes.edge} />
      <circle cx="12" cy="12" r="7.6" className={classes.ring} />
      <path d={glyphs[state]} className={classes.glyph} />
    </svg>
  )
}

interface Props {
  id: string
  /** Read out, so that a list of seals stays tellable. */
  name: string
  /** What the list said; what the drawer learned later counts more. */
  state?: SealState | undefined
  size?: number
}

/** The seal of one record. */
export function Seal({ id, name, state: listed, size = 18 }: Props) {
  const navigate = useNavigate()
  const seal = useQuery({ ...queries.seal(id), enabled: false })
  const state = seal.data?.state ?? listed ?? 'unknown'
  const label = t('seal.open', { name })
  return (
    <Tooltip label={t(`seal.state.${state}`)}>
      <UnstyledButton
        aria-label={label}
        className={classes.button}
        onClick={(event) => {
          event.stopPropagation()
          void navigate({ to: '.', search: (previous) => ({ ...previous, seal: id }), resetScroll: false })
        }}
      >
        <SealMark state={state} size={size} />
      </UnstyledButton>
    </Tooltip>
  )
}
