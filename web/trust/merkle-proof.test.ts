/// <reference types="node" />
// The browser's verifier against trees and signatures made here by the book, every position and every size up to 33.
import assert from 'node:assert/strict'
import { createHash, generateKeyPairSync, sign } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import {
  bytesOfBase64,
  checkProof,
  hashLeaf,
  hexOfBytes,
  isConsistent,
  openCheckpoint,
  ProofBroken,
  walkInclusion,
} from './merkle-proof.ts'

const sha = (...parts: (Buffer | string)[]) => {
  const hash = createHash('sha256')
  for (const part of parts) hash.update(part)
  return hash.digest()
}
const leafOf = (text: string) => sha(Buffer.of(0), text)
const split = (count: number) => 2 ** Math.ceil(Math.log2(count) - 1)
function rootOf(leaves: Buffer[]): Buffer {
  if (leaves.length === 1 && leaves[0]) return leaves[0]
  const middle = split(leaves.length)
  return sha(Buffer.of(1), rootOf(leaves.slice(0, middle)), rootOf(leaves.slice(middle)))
}
function pathOf(position: number, leaves: Buffer[]): Buffer[] {
  if (leaves.length === 1) return []
  const middle = split(leaves.length)
  return position < middle
    ? [...pathOf(position, leaves.slice(0, middle)), rootOf(leaves.slice(middle))]
    : [...pathOf(position - middle, leaves.slice(middle)), rootOf(leaves.slice(0, middle))]
}
function consistencyOf(from: number, leaves: Buffer[], whole: boolean): Buffer[] {
  if (from === leaves.length) return whole ? [] : [rootOf(leaves)]
  const middle = split(leaves.length)
  return from <= middle
    ? [...consistencyOf(from, leaves.slice(0, middle), whole), rootOf(leaves.slice(middle))]
    : [...consistencyOf(from - middle, leaves.slice(middle), false), rootOf(leaves.slice(0, middle))]
}
const texts = Array.from({ length: 33 }, (_, at) => `{"n":${at},"v":"ö"}`)
const leaves = texts.map(leafOf)
const hex = (hashes: Buffer[]) => hashes.map((hash) => hash.toString('hex'))

function signedNote(size: number, root: Buffer) {
  const { publicKey, privateKey } = generateKeyPairSync('ed25519')
  const raw = publicKey.export({ format: 'der', type: 'spki' }).subarray(-32)
  const typed = Buffer.concat([Buffer.of(1), raw])
  const name = 'panoply.example/acme'
  const keyHash = sha(`${name}\n`, typed).subarray(0, 4)
  const text = `${name}\n${size}\n${root.toString('base64')}\n`
  const signature = Buffer.concat([keyHash, sign(null, Buffer.from(text), privateKey)]).toString('base64')
  return {
    checkpoint: `${text}\n\u2014 ${name} ${signature}\n`,
    key: `${name}+${keyHash.toString('hex')}+${typed.toString('base64')}`,
  }
}

test('every leaf of every tree up to 33 leaves walks to its root', async () => {
  for (let size = 1; size <= 33; size += 1) {
    const tree = leaves.slice(0, size)
    for (let position = 0; position < size; position += 1) {
      const leaf = await hashLeaf(texts[position] ?? '')
      const steps = await walkInclusion(leaf, position, size, hex(pathOf(position, tree)))
      assert.equal(steps.at(-1)?.result ?? hexOfBytes(leaf), rootOf(tree).toString('hex'))
    }
  }
})

test('every older tree is shown to be the beginning of every newer one, and a changed one is not', async () => {
  for (let to = 1; to <= 33; to += 1) {
    for (let from = 1; from <= to; from += 1) {
      const tree = leaves.slice(0, to)
      const older = { size: from, root: rootOf(leaves.slice(0, from)).toString('hex') }
      const newer = { size: to, root: rootOf(tree).toString('hex') }
      const hashes = hex(consistencyOf(from, tree, true))
      assert.equal(await isConsistent(older, newer, hashes), true, `${from} to ${to}`)
      assert.equal(await isConsistent({ ...older, root: '00'.repeat(32) }, newer, hashes), false)
    }
  }
})

test('a proof with a signed checkpoint holds, and each thing that was touched is named', async () => {
  const tree = leaves.slice(0, 21)
  const root = rootOf(tree)
  const note = signedNote(21, root)
  const claim = { event: texts[13] ?? '', position: 13, size: 21, hashes: hex(pathOf(13, tree)), ...note }
  assert.equal((await checkProof(claim)).checkpoint.root, root.toString('hex'))
  const broken = async (change: Partial<typeof claim>, reason: string) =>
    assert.rejects(
      checkProof({ ...claim, ...change }),
      (error) => error instanceof ProofBroken && error.reason === reason,
    )
  await broken({ event: '{"n":13}' }, 'root')
  await broken({ position: 12 }, 'root')
  await broken({ position: 21 }, 'position')
  await broken({ hashes: claim.hashes.slice(1) }, 'path_length')
  await broken({ hashes: [...claim.hashes, '00'.repeat(32)] }, 'path_length')
  await broken({ size: 20 }, 'size')
  await broken({ checkpoint: note.checkpoint.replace('\n21\n', '\n22\n') }, 'signature')
  await broken({ key: signedNote(21, root).key }, 'signature_missing')
})

interface Published {
  readonly proof: readonly string[] | null
  readonly wantErr: boolean
}
function published<T extends Published>(name: string): [string, T][] {
  const file = join(import.meta.dirname, '../../test/corpora/merkle', `${name}.json`)
  return Object.entries(JSON.parse(readFileSync(file, 'utf8')))
}
const inclusions = published<
  Published & { leafIdx: number; treeSize: number; root: string; leafHash: string }
>('inclusion')
const consistencies = published<Published & { size1: number; size2: number; root1: string; root2: string }>(
  'consistency',
)
const hexOf = (base64: string) => Buffer.from(base64, 'base64').toString('hex')

test(`of the ${inclusions.length} inclusion and ${consistencies.length} consistency proofs published for RFC 6962 the right ones hold`, async () => {
  for (const [name, one] of inclusions) {
    const leaf = bytesOfBase64(one.leafHash)
    const walked = await walkInclusion(leaf, one.leafIdx, one.treeSize, (one.proof ?? []).map(hexOf)).catch(
      (error: unknown) => {
        if (error instanceof ProofBroken) return null
        throw error
      },
    )
    const root = walked && (walked.at(-1)?.result ?? hexOfBytes(leaf))
    // A leaf hash is made here and so always is one; the vectors try other lengths too.
    assert.equal(root === hexOf(one.root) && leaf.length === 32, !one.wantErr, name)
  }
  for (const [name, one] of consistencies) {
    const holds = await isConsistent(
      { size: one.size1, root: hexOf(one.root1) },
      { size: one.size2, root: hexOf(one.root2) },
      (one.proof ?? []).map(hexOf),
    )
    assert.equal(holds, !one.wantErr, name)
  }
  assert.deepEqual([inclusions.length, consistencies.length], [98, 98])
})

test('a checkpoint that sum.golang.org signed opens here too, and not changed', async () => {
  const key = 'sum.golang.org+033de0ae+Ac4zctda0e5eza+HJyk9SxEdh+s3Ux18htTTAD8OuAn8'
  const note =
    'go.sum database tree\n15067302\ngJyioq6dwR9n+NjEWORfYmH+ubeYm3kH42BBQ0bTpYI=\n\n\u2014 sum.golang.org Az3grp1rvWOs5NKlr/xR4GLN/CDyzzakmt1o61uSxYKpK1SerqOP2ClbX/peKUZjYnyomH5Xz7GZG3TpB7OeKn4E2ww=\n'
  assert.equal((await openCheckpoint(note, key)).size, 15_067_302)
  await assert.rejects(openCheckpoint(note.replace('15067302', '15067303'), key), ProofBroken)
})
