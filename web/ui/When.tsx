// A moment in the reader's words, with the exact time on hover and for machines.
import { Tooltip } from '@mantine/core'
import { formatExact, formatStamp, formatWhen } from '../app/formatters.ts'

export function When({ at, style = 'relative' }: { at: string; style?: 'relative' | 'stamp' }) {
  const date = new Date(at)
  const text = style === 'stamp' ? formatStamp(date) : formatWhen(date, new Date())
  return (
    <Tooltip label={formatExact(date)}>
      <time dateTime={at} className="tabular">
        {text}
      </time>
    </Tooltip>
  )
}
