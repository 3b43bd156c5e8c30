// Storing a wrapped key that was made a moment, or for a long upload hours, before. Must stay true: no key is stored under an epoch that
// has ended, for nothing would open it; the foreign key to `key_epoch` refuses what slips through between looking and storing.
import { sql } from 'kysely'
import type { TenantWriter } from '../tenancy/tenant-door.ts'
import type { KeyRow } from './tenant-keys.ts'

/** Stores a key from `newSubject`, wrapped again when its epoch ended meanwhile. Throws `conflict` when it cannot be. */
export async function addKey(tx: TenantWriter, made: KeyRow): Promise<void> {
  for (let row = made; ; row = await tx.keys.wrapAgain(made)) {
    const { id, purpose, version, subject, epoch, wrapped } = row
    const { rows } = await sql`
      insert into key (id, purpose, version, subject, epoch, wrapped)
      select ${id}, ${purpose}, ${version}, ${subject}::uuid, epoch, ${wrapped} from key_epoch where epoch = ${epoch}
      returning id`.execute(tx.db)
    if (rows.length > 0) return
  }
}
