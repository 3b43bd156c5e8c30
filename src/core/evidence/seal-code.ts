// The seal code: the short form of a record's place in the log, for paper and exports.
// Must stay true: it is the beginning of the hash that the tree holds of the first event about the record, so it never changes,
// names one record, and whoever has the log can find it again without us.
import { type QueryExecutorProvider, sql } from 'kysely'

const CROCKFORD = '0123456789ABCDEFGHJKMNPQRSTVWXYZ'
const LENGTH = 10
/** Whole bytes of the hash that the code holds; two bits more follow. */
const WHOLE = 6

/** The code of a leaf: its first 50 bits as `XXXXX-XXXXX` in Crockford's base32. */
export function sealCodeOf(leafHash: Uint8Array): string {
  let bits = 0n
  for (const byte of leafHash.subarray(0, WHOLE + 1)) bits = (bits << 8n) | BigInt(byte)
  bits >>= 6n
  let code = ''
  for (let at = 0; at < LENGTH; at++) {
    code = `${CROCKFORD[Number(bits & 31n)]}${code}`
    bits >>= 5n
  }
  return `${code.slice(0, 5)}-${code.slice(5)}`
}

/** A typed code in its one form, or undefined: case, blanks and dashes do not matter, O reads as 0, I and L as 1. */
export function tidySealCode(typed: string): string | undefined {
  const letters = typed.toUpperCase().replace(/[\s-]/g, '').replaceAll('O', '0').replace(/[IL]/g, '1')
  const isCode = letters.length === LENGTH && [...letters].every((letter) => CROCKFORD.includes(letter))
  return isCode ? `${letters.slice(0, 5)}-${letters.slice(5)}` : undefined
}

/** The code of a record (UUID), or null while the log does not hold its first event. */
export async function readSealCode(
  tx: { readonly db: QueryExecutorProvider },
  kind: string,
  record: string,
): Promise<string | null> {
  const { rows } = await sql<{ hash: Buffer | null }>`
    select substring(t.hashes from ((l.position % 256) * 32 + 1)::int for 32) as hash
    from (select id from audit where record_id = ${record} and record_kind = ${kind} order by id limit 1) as a
    join audit_leaf l on l.event = a.id
    join audit_tile t on t.level = 0 and t.index = l.position / 256`.execute(tx.db)
  const hash = rows[0]?.hash
  return hash ? sealCodeOf(hash) : null
}

/**
 * The records (UUIDs) whose code this is: none, or one. It walks the lowest row of the tree, 32 bytes an event, so a log of a
 * million events costs a read of 32 MB: a person types a code now and then.
 */
export async function findSealed(
  tx: { readonly db: QueryExecutorProvider },
  code: string,
): Promise<readonly { readonly kind: string; readonly id: string }[]> {
  const { rows } = await sql<{ kind: string; id: string; hash: Buffer }>`
    with hit as (
      select t.index, position(${firstBytes(code)}::bytea in t.hashes) - 1 as at, t.hashes
      from audit_tile t where t.level = 0 and position(${firstBytes(code)}::bytea in t.hashes) > 0
    )
    select e.record_kind as kind, e.record_id as id, substring(hit.hashes from hit.at + 1 for 32) as hash
    from hit
    join audit_leaf l on l.position = hit.index * 256 + hit.at / 32
    join audit e on e.id = l.event
    where hit.at % 32 = 0 and e.record_id is not null`.execute(tx.db)
  return rows.filter(({ hash }) => sealCodeOf(hash) === code).map(({ kind, id }) => ({ kind, id }))
}

function firstBytes(code: string): Buffer {
  let bits = 0n
  for (const letter of code.replace('-', '')) bits = (bits << 5n) | BigInt(CROCKFORD.indexOf(letter))
  const bytes = Buffer.alloc(8)
  bytes.writeBigUInt64BE(bits >> 2n)
  return bytes.subarray(8 - WHOLE)
}
