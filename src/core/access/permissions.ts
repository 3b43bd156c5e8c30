// Who may do what: each permission names the roles that have it. Decided once, at start.

export const ROLES = ['owner', 'administrator', 'member'] as const
export type RoleName = (typeof ROLES)[number]

/** A permission as its room declares it. `name` is product.noun.verb. */
export interface Permission {
  readonly name: string
  readonly roles: readonly RoleName[]
  /** What it lets somebody do, for the people page. */
  readonly summary: string
  /** For people who are signed in: no API key has it, whatever its maker may. */
  readonly peopleOnly?: true
}

/** The permissions of every role. */
export type PermissionsByRole = ReadonlyMap<RoleName, ReadonlySet<string>>

/** What a person of each role may, once signed in. */
export function permissionsByRole(permissions: readonly Permission[]): PermissionsByRole {
  return new Map(
    ROLES.map((role) => [
      role,
      new Set(permissions.filter(({ roles }) => roles.includes(role)).map(({ name }) => name)),
    ]),
  )
}

/** The most that an API key may whose maker has the role. */
export function keyPermissionsByRole(permissions: readonly Permission[]): PermissionsByRole {
  return permissionsByRole(permissions.filter(({ peopleOnly }) => !peopleOnly))
}

const ALL: readonly RoleName[] = ROLES
const ADMINISTRATORS: readonly RoleName[] = ['owner', 'administrator']

/** What the core itself offers. */
export const corePermissions: readonly Permission[] = [
  { name: 'core.audit.read', roles: ADMINISTRATORS, summary: 'Read, prove and export the audit log' },
  { name: 'core.people.read', roles: ALL, summary: 'See who is in the organisation' },
  { name: 'core.people.manage', roles: ADMINISTRATORS, summary: 'Change roles, suspend and readmit people' },
  { name: 'core.person.erase', roles: ADMINISTRATORS, summary: 'Erase people for good' },
  { name: 'core.organisation.read', roles: ALL, summary: 'See the settings of the organisation' },
  {
    name: 'core.organisation.manage',
    roles: ADMINISTRATORS,
    summary: 'Change the settings of the organisation',
  },
  {
    name: 'core.organisation.destroy',
    roles: ['owner'],
    summary: 'Destroy the organisation and everything in it',
    peopleOnly: true,
  },
  { name: 'core.session.read', roles: ALL, summary: 'See one’s own sessions', peopleOnly: true },
  { name: 'core.session.close', roles: ALL, summary: 'End one’s own sessions', peopleOnly: true },
  {
    name: 'core.session.manage',
    roles: ADMINISTRATORS,
    summary: 'See and end the sessions of everybody',
    peopleOnly: true,
  },
  { name: 'core.key.manage', roles: ADMINISTRATORS, summary: 'Make and revoke API keys' },
  { name: 'core.key.rotate', roles: ADMINISTRATORS, summary: 'Rotate the keys that seal the organisation' },
  { name: 'core.webhook.manage', roles: ADMINISTRATORS, summary: 'Make, change and watch webhooks' },
  { name: 'core.outbox.read', roles: ADMINISTRATORS, summary: 'Read kept mail' },
  { name: 'core.activity.read', roles: ALL, summary: 'Follow and cancel one’s own long work' },
  { name: 'core.activity.manage', roles: ADMINISTRATORS, summary: 'Follow and cancel everybody’s long work' },
  { name: 'core.notification.read', roles: ALL, summary: 'Hear what concerns oneself, and mark it as read' },
  { name: 'core.export.create', roles: ADMINISTRATORS, summary: 'Make exports' },
  { name: 'core.destruction.read', roles: ALL, summary: 'See what was destroyed, and its certificates' },
  { name: 'core.record.read', roles: ALL, summary: 'Open the seal of a record' },
]
