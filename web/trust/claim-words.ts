// How claims, what runs for them, and what was looked at are said.
import { formatNumber } from '../app/formatters.ts'
import type { Claim } from '../app/records.ts'
import { maybeText, t } from '../app/t.ts'
import type { SealState } from '../ui/Seal.tsx'
import type { Tone } from '../ui/StateBadge.tsx'

export type ClaimState = Claim['status']

export const claimTones: Record<ClaimState, Tone> = {
  PASS: 'good',
  FAIL: 'failed',
  UNKNOWN: 'quiet',
  'NOT SET UP HERE': 'due',
}

export const claimSeals: Record<ClaimState, SealState> = {
  PASS: 'in-order',
  FAIL: 'failed',
  UNKNOWN: 'unknown',
  'NOT SET UP HERE': 'due',
}

/** The themes in the order in which they are shown. */
const themeOrder = [
  'walls',
  'sealing',
  'record',
  'signing-in',
  'least',
  'place',
  'yours',
  'standing',
  'watching',
  'oversight',
  'work',
  'fleet',
]

/** Claims by theme. A theme that this page does not know comes last. */
export function byTheme(claims: readonly Claim[]): [string, Claim[]][] {
  const groups = new Map<string, Claim[]>()
  for (const claim of claims) {
    const group = groups.get(claim.evidence.theme)
    if (group) group.push(claim)
    else groups.set(claim.evidence.theme, [claim])
  }
  const rank = (theme: string) => (themeOrder.includes(theme) ? themeOrder.indexOf(theme) : themeOrder.length)
  return [...groups].toSorted(([a], [b]) => rank(a) - rank(b))
}

/** The claim itself in plain words. */
export function claimWords(id: string): string {
  return maybeText(`claim.${id}`) ?? id
}

export function themeWords(theme: string): string {
  return maybeText(`claims.theme.${theme}`) ?? theme
}

export function evidenceWords(name: string): string {
  return maybeText(`evidence.${name}`) ?? name
}

/** "12 organisations, 230 columns"; empty when nothing was counted. */
export function lookedWords(looked: Record<string, number>): string {
  return Object.entries(looked)
    .map(([name, count]) => `${formatNumber(count)} ${maybeText(`looked.${name}`) ?? name}`)
    .join(', ')
}

/** Milliseconds as a person reads them. */
export function tookWords(milliseconds: number): string {
  const seconds = milliseconds / 1000
  return t('claims.took', {
    duration: milliseconds < 1000 ? `${milliseconds} ms` : `${formatNumber(Math.round(seconds * 10) / 10)} s`,
  })
}
