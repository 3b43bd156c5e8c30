// Name and address of a person: sealed under the person's own key, and that under the key of the people store, which rotates. Destroying the
// person's key takes them out of every older copy; the outer seal binds them to their place and follows every rotation.
import type { KeyObject } from 'node:crypto'
import { subjectKey } from '../keys/subject-key.ts'
import { type SealPlace, type SubjectSeal, subjectSeal } from '../keys/subject-seal.ts'
import type { KeyRow, TenantKeys } from '../keys/tenant-keys.ts'
import type { TenantReader } from '../tenancy/tenant-door.ts'

/** The sealed column `card`. */
export interface PersonCard {
  readonly email: string
  readonly displayName: string
  readonly country: string
}

/** What the outer seal holds; the card itself in organisations from before persons had it sealed. */
type Outer = { readonly sealed: string } | PersonCard

/** The card of a person who is just made, with what `newSubject` gave. */
export function sealNewCard(
  tx: Pick<TenantReader, 'keys' | 'now'>,
  { row, key }: { row: KeyRow; key: KeyObject },
  card: PersonCard,
): Buffer {
  const { id, version, subject } = row
  if (subject === null) throw new TypeError('not the key of a person')
  const own = subjectKey([{ id, version, key, isRetired: false }], tx.now().getTime())
  return sealOuter(tx.keys, subject, subjectSeal(own), card)
}

/** The card under the person's key as it is now. Throws `gone` for one who was erased. */
export async function sealCard(
  tx: Pick<TenantReader, 'keys'>,
  person: string,
  card: PersonCard,
): Promise<Buffer> {
  return sealOuter(tx.keys, person, subjectSeal(await tx.keys.subject('person', person)), card)
}

/** Throws `gone` for one who was erased. */
export async function openPersonCard(
  tx: Pick<TenantReader, 'keys'>,
  person: string,
  sealed: Buffer,
): Promise<PersonCard> {
  const outer = tx.keys.open<Outer>('people', 'person', person, 'card', sealed)
  if (!('sealed' in outer)) return outer
  const seal = subjectSeal(await tx.keys.subject('person', person))
  return seal.open<PersonCard>(placeOf(tx.keys, person), Buffer.from(outer.sealed, 'base64'))
}

function sealOuter(keys: TenantKeys, person: string, seal: SubjectSeal, card: PersonCard): Buffer {
  const sealed = seal.seal(placeOf(keys, person), card).toString('base64')
  return keys.seal('people', 'person', person, 'card', { sealed })
}

function placeOf({ tenant }: TenantKeys, person: string): SealPlace {
  return { tenant, store: 'people', table: 'person', row: person, column: 'card' }
}
