// Words for webhooks that several screens share.
import { ApiProblem } from '../app/api-call.ts'
import { problemWords } from '../app/problem-words.ts'
import type { Webhook, WebhookDelivery } from '../app/records.ts'
import { maybeText, t } from '../app/t.ts'
import type { Tone } from '../ui/StateBadge.tsx'

/** What an event is called for people; its own name where there are no words yet. */
export function typeText(name: string): string {
  return maybeText(`webhookType.${name}`) ?? name
}

/** State of a webhook as a badge: one that fails is told from one that works. */
export function webhookState({ state, failingSince }: Webhook): { tone: Tone; text: string } {
  if (state === 'active' && failingSince) return { tone: 'failed', text: t('webhooks.state.failing') }
  const tones: Record<Webhook['state'], Tone> = { active: 'good', paused: 'quiet', disabled: 'failed' }
  return { tone: tones[state], text: t(`webhooks.state.${state}`) }
}

export const deliveryTones: Record<WebhookDelivery['state'], Tone> = {
  waiting: 'busy',
  delivered: 'good',
  failed: 'failed',
}

/** How an attempt ended, in a few words. */
export function outcomeText(outcome: string | null, status: number | null): string {
  if (outcome === null) return ''
  if (status !== null) return t('deliveries.status', { status: String(status) })
  return problemWords(new ApiProblem({ code: outcome }, 422)).happened
}
