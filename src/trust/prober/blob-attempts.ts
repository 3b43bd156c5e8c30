// The other's files: under one's own key, by names that lead elsewhere, and moved into one's own container.
// Must stay true: what is copied for an attempt is removed after it.
import { chmod, copyFile, mkdir, readdir, rm, stat } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import type { Readable } from 'node:stream'
import type { BlobStore } from '#core/blobs/blob-store.ts'
import { PublicError } from '#core/errors.ts'
import { newId, newRoutingId } from '#core/ids.ts'
import { SealBroken } from '#core/keys/seal-broken.ts'
import type { SubjectKey } from '#core/keys/subject-key.ts'
import type { Attempt, Outcome } from './attempt.ts'
import type { Canary, ProbeGround } from './probe-ground.ts'

/** Everything `me` tries of the other's container. Empty while one of the two has no file. */
export async function blobAttempts(
  { blobs: store, blobRoot: root }: ProbeGround,
  me: Canary,
  other: Canary,
): Promise<Attempt[]> {
  const [mine, theirs] = await Promise.all([keyOf(me), keyOf(other)])
  if (!mine || !theirs) return []
  const key = mine.current.key
  const blobs = other.blobs.flatMap((blob): [string, () => Promise<Outcome>][] => [
    ['by its id in one’s own container', () => opened(() => store.open(me.tenant, blob, key))],
    ['in its container under one’s own key', () => opened(() => store.open(other.tenant, blob, key))],
    [
      'as a file of one’s own',
      () => moved(store, { root, to: me.tenant, other, blob, as: newId(), key: mine }),
    ],
    // Of nobody, so that no attempt at the same moment takes the copy for a leak.
    [
      'under its own key in another container',
      () => moved(store, { root, to: newRoutingId(), other, blob, as: blob, key: theirs }),
    ],
    [
      'by a path from one’s own container',
      () => opened(() => store.open(me.tenant, pathOf(other, blob), key)),
    ],
    ['sealed again to one’s own key', () => resealed(store, other, blob, mine)],
  ])
  const first = other.blobs[0] ?? newId()
  const containers = [
    `../${other.tenant}`,
    `${me.tenant}/../${other.tenant}`,
    other.tenant.toUpperCase(),
    '',
    '.',
    '..',
  ]
  return [
    ...blobs,
    ...containers.map((name, index): [string, () => Promise<Outcome>] => [
      `container by another name ${index + 1}`,
      () => opened(() => store.open(name, first, key)),
    ]),
    ['listed in one’s own container', () => listed(store, me, other)] as const,
    ['readable to every user of the machine', () => openToAll(join(root, other.tenant))] as const,
  ].map(([name, run]): Attempt => ({ layer: 'blobs', name, run }))
}

function pathOf(other: Canary, blob: string): string {
  return `../../${other.tenant}/${blob.slice(-2)}/${blob}`
}

/** The key of a document that a canary has. */
async function keyOf({ ids, keys }: Canary): Promise<SubjectKey | undefined> {
  const document = ids.get('document')?.[0]
  return document === undefined ? undefined : keys.subject('document', document)
}

async function opened(open: () => Promise<Readable>): Promise<Outcome> {
  try {
    for await (const _ of await open()) return 'hit'
    return 'hit'
  } catch (error) {
    return refusal(error)
  }
}

interface Move {
  readonly root: string
  /** The container it is put into. */
  readonly to: string
  readonly other: Canary
  readonly blob: string
  readonly as: string
  readonly key: SubjectKey
}

/** As somebody would who can write the disk: the layout is that of blob-store.ts. */
async function moved(store: BlobStore, { root, to, other, blob, as, key }: Move): Promise<Outcome> {
  const file = join(root, to, as.slice(-2), as)
  const made = await mkdir(dirname(file), { recursive: true })
  if (made !== undefined) await chmod(dirname(file), 0o2770)
  try {
    await copyFile(join(root, other.tenant, blob.slice(-2), blob), file)
    return await opened(() =>
      store.open(
        to,
        as,
        key.versions.map((version) => version.key),
      ),
    )
  } catch (error) {
    return refusal(error)
  } finally {
    await rm(made?.endsWith(to) ? made : file, { recursive: true, force: true })
  }
}

async function resealed(
  store: BlobStore,
  other: Canary,
  blob: string,
  { current, versions }: SubjectKey,
): Promise<Outcome> {
  try {
    const sealed = await store.reseal(other.tenant, blob, {
      keys: versions.map(({ key }) => key),
      key: current.key,
    })
    await sealed?.discard()
    return 'hit'
  } catch (error) {
    return refusal(error)
  }
}

async function listed(store: BlobStore, me: Canary, other: Canary): Promise<Outcome> {
  const theirs = new Set(other.blobs)
  for await (const blob of store.list(me.tenant)) if (theirs.has(blob)) return 'hit'
  return 'denied'
}

/** Folders and files of the other that any user of this machine could open. */
async function openToAll(folder: string): Promise<Outcome> {
  try {
    if (((await stat(folder)).mode & 0o007) !== 0) return 'hit'
    for (const entry of await readdir(folder, { recursive: true, withFileTypes: true }))
      if (entry.isDirectory() && ((await stat(join(entry.parentPath, entry.name))).mode & 0o007) !== 0)
        return 'hit'
    return 'denied'
  } catch (error) {
    return refusal(error)
  }
}

function refusal(error: unknown): Outcome {
  if (error instanceof SealBroken || error instanceof TypeError) return 'denied'
  if (error instanceof PublicError) return error.code === 'not_found' ? 'denied' : 'unclear'
  // A file that went away between the list and the attempt.
  if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return 'unclear'
  throw error
}
