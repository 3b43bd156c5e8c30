// What webhooks may be told of: events of the audit log that a room names in its manifest.

/** `name` is the action of the audit event. */
export interface EventType {
  readonly name: string
  /** One line for whoever chooses. */
  readonly summary: string
  /** Which events of that name are told; all unless said. */
  readonly when?: (detail: Readonly<Record<string, unknown>>) => boolean
}

/** A change that was made in the settings to see whether messages arrive. Told to the one webhook that it was asked of. */
export const TEST_TYPE = 'core.webhook.tested'

/** What the core tells of. */
export const coreEventTypes: readonly EventType[] = [
  { name: 'core.person.joined', summary: 'Somebody joined the organisation' },
  { name: 'core.person.updated', summary: 'A role or a state of somebody was changed' },
  { name: 'core.key.created', summary: 'An API key was made' },
  { name: 'core.key.revoked', summary: 'An API key was revoked' },
  { name: 'core.export.made', summary: 'An export is ready' },
  { name: 'core.organisation.updated', summary: 'The settings of the organisation were changed' },
]
