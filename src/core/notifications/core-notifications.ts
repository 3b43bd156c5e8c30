// What the core tells people.
import { type NotificationKind, notificationKind } from './notification-kind.ts'

/** Nothing to fill in: the record says it all. */
export type NoDetail = Readonly<Record<never, string>>

export const activityDone = notificationKind<NoDetail>('core.activity.done', 'One’s long work is finished')
export const activityFailed = notificationKind<NoDetail>('core.activity.failed', 'One’s long work failed')
export const sessionOpened = notificationKind<{ readonly ip: string; readonly userAgent: string }>(
  'core.session.opened',
  'Somebody signed in as oneself from a browser or network that was not seen before',
)
export const passwordChanged = notificationKind<{ readonly how: 'changed' | 'reset' }>(
  'core.password.changed',
  'One’s password was changed, and other sessions ended',
)
export const roleChanged = notificationKind<{ readonly role: string }>(
  'core.person.roleChanged',
  'One’s role was changed by somebody else',
)
export const personJoined = notificationKind<NoDetail>(
  'core.person.joined',
  'Somebody joined the organisation; to administrators',
)
export const keysRotated = notificationKind<NoDetail>(
  'core.key.rotated',
  'A rotation of all keys is finished; to administrators',
)

export const webhookDisabled = notificationKind<{ readonly reason: string }>(
  'core.webhook.disabled',
  'A webhook was disabled, because its receiver is gone or failed for days; to administrators',
)

export const coreNotifications: readonly NotificationKind[] = [
  activityDone,
  activityFailed,
  sessionOpened,
  passwordChanged,
  roleChanged,
  personJoined,
  keysRotated,
  webhookDisabled,
]
