// What an installation leaves on a machine beside its home, named in one place: what makes it, what checks it and what takes it away
// must mean the same.

/** Roles that get a system user of their own when `up` is root, `panoply-ROLE`; `db` runs the databases. */
export const ownedRoles = ['web', 'worker', 'keeper', 'cell', 'backup', 'db'] as const
export type OwnedRole = (typeof ownedRoles)[number]

/** Groups of each system user beside its own. */
export const groupsOf: Readonly<Record<OwnedRole, readonly string[]>> = {
  web: ['panoply', 'panoply-data'],
  worker: ['panoply', 'panoply-data'],
  keeper: ['panoply'],
  cell: ['panoply'],
  backup: ['panoply'],
  db: ['panoply'],
}

/** Groups that system users share. */
export const sharedGroups = ['panoply', 'panoply-data'] as const

/** Where the program is mirrored when it lies in a folder that the system users cannot pass. */
export const mirrorRoot = '/var/cache/panoply'
