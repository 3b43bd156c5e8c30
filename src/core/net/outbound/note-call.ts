// Calls under way, noted in the cell of their region: kind and ports, nothing of where they lead.
import type { Kysely } from 'kysely'
import { sql } from 'kysely'
import type { CellTables } from '../../db/tables.gen.ts'
import { newId } from '../../ids.ts'
import type { NoteCall } from './outbound.ts'

/** Notes the calls of a process. */
export function openNotes(role: 'web' | 'worker', db: (region: string) => Kysely<CellTables>): NoteCall {
  return async ({ region, kind, localPort, remotePort }) => {
    const id = newId()
    await sql`select cell.begin_call(${id}::uuid, ${kind}, ${role}, ${localPort}, ${remotePort})`.execute(
      db(region),
    )
    return async () => {
      await sql`select cell.end_call(${id}::uuid)`.execute(db(region))
    }
  }
}
