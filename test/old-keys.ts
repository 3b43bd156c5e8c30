/** What an older copy of the tables gives away: the wrapped keys as they stood, and how many of them the keeper still opens. */
import assert from 'node:assert/strict'
import { KeeperRefusal } from '#core/keys/keeper-client.ts'
import type { OwnLibrary } from './own-library.ts'

/** Keys and epochs of a tenant as they are in its tables now. */
export async function keyRows(library: OwnLibrary, tenant: string) {
  const db = (await library.ctx.tenant(tenant)).db('activity')
  const keys = await db.selectFrom('key').selectAll().orderBy('id').execute()
  const epochs = await db.selectFrom('key_epoch').selectAll().orderBy('epoch').execute()
  return { keys, epochs }
}

/** How many keys of these tables the keeper lends now. */
export async function openable(
  library: OwnLibrary,
  tenant: string,
  { keys, epochs }: Awaited<ReturnType<typeof keyRows>>,
): Promise<number> {
  const web = library.house.keeper.as('web')
  const question = {
    region: 'eu',
    tenant,
    epochs: epochs.map(({ epoch, wrapped }) => ({ epoch, wrapped: wrapped.toString('base64') })),
    keys: keys.flatMap(({ id, purpose, version, subject, epoch, wrapped }) =>
      wrapped === null
        ? []
        : [{ id, purpose: purpose as 'field', version, subject, epoch, wrapped: wrapped.toString('base64') }],
    ),
  }
  try {
    return (await web.ask('lend', question)).keys.length
  } catch (error) {
    assert.ok(error instanceof KeeperRefusal && error.code === 'broken')
    return 0
  }
}
