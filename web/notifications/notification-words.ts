// What a notification says and where it leads. Names are looked up when it is shown, so that nobody is named who is no longer there.
import { ApiProblem } from '../app/api-call.ts'
import { formatDevice } from '../app/formatters.ts'
import { problemWords } from '../app/problem-words.ts'
import type { Notification } from '../app/records.ts'
import { fillMessage, maybeText, t } from '../app/t.ts'

export interface NotificationWords {
  readonly title: string
  /** What more there is to know, or what to do. */
  readonly text: string | null
  /** Address in the app. */
  readonly to: string
  readonly tone: 'plain' | 'due' | 'failed'
}

/** Where each kind leads that has a place of its own. */
const PLACES: Readonly<Record<string, string>> = {
  'core.session.opened': '/settings/sessions',
  'core.password.changed': '/settings/sessions',
  'core.person.joined': '/settings/people',
  'core.person.roleChanged': '/settings/people',
  'core.key.rotated': '/trust/audit',
  'core.webhook.disabled': '/settings/webhooks',
}
const TONES: Readonly<Record<string, NotificationWords['tone']>> = {
  'core.activity.failed': 'failed',
  'trust.claim.failed': 'failed',
  'core.webhook.disabled': 'failed',
  'core.session.opened': 'due',
  'core.password.changed': 'due',
}

/** The words of a notification. `nameOf` answers a person's name for an id. */
export function notificationWords(
  notification: Notification,
  nameOf: (id: string | null) => string,
): NotificationWords {
  const { kind, detail, record, activity } = notification
  const work = activity
    ? `${maybeText(`activity.kind.${activity.kind}`) ?? t('activity.work')} ${activity.title}`.trim()
    : t('activity.work')
  const filled: Record<string, string> = {
    ...detail,
    work,
    person: record?.kind === 'person' ? nameOf(record.id) : '',
    role: maybeText(`role.${detail.role}`) ?? detail.role ?? '',
    claim: detail.claim ? (maybeText(`claim.${detail.claim}`) ?? detail.claim) : '',
    device: detail.userAgent ? formatDevice(detail.userAgent) : t('sessions.unknownDevice'),
    ip: detail.ip ?? '',
    kind,
  }
  const title = maybeText(`notification.${kind}`) ?? t('notifications.unknown', { kind })
  const text = maybeText(`notification.${kind}.text`)
  return {
    title: fillMessage(title, filled),
    text: textOfActivity(notification) ?? (text === null ? null : fillMessage(text, filled)),
    to: placeOf(notification),
    tone: TONES[kind] ?? 'plain',
  }
}

function textOfActivity({ kind, activity }: Notification): string | null {
  if (!kind.startsWith('core.activity.')) return null
  if (!activity) return t('notification.core.activity.gone')
  if (activity.code === null) return null
  const reason = maybeText(`document.reason.${activity.code}`)
  if (reason) return reason
  const words = problemWords(new ApiProblem({ code: activity.code }, 422))
  return `${words.happened} ${words.toDo}`
}

function placeOf({ kind, detail, record, activity }: Notification): string {
  const about = activity?.record ?? record
  if (about?.kind === 'document') return `/knowledge/documents/${about.id}`
  if (kind.startsWith('core.activity.')) return '/activity'
  if (detail.claim) return `/trust/claims/${detail.claim}`
  return PLACES[kind] ?? '/notifications'
}
