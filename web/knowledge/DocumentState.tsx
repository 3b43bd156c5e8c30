// The state of a document as a badge, and the sentence for why one cannot be read.
import type { DocumentRecord } from '../app/records.ts'
import { maybeText, t } from '../app/t.ts'
import { StateBadge, type Tone } from '../ui/StateBadge.tsx'

const tones: Record<DocumentRecord['state'], Tone> = {
  received: 'quiet',
  reading: 'busy',
  ready: 'good',
  unreadable: 'failed',
  fetching: 'busy',
  unfetched: 'failed',
}

export function DocumentState({ state }: { state: DocumentRecord['state'] }) {
  return <StateBadge tone={tones[state]}>{t(`document.state.${state}`)}</StateBadge>
}

/** Why a document cannot be read, for a person. */
export function unreadableText(reason: string | null): string {
  return maybeText(`document.reason.${reason}`) ?? t('document.reason.damaged')
}
