/** A long export of an audit log, as `exportAudit` writes one, without a database. */
import { generateKeyPairSync, randomBytes, sign } from 'node:crypto'
import { createReadStream, createWriteStream, rmSync } from 'node:fs'
import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { auditTime, leafText } from '#core/audit/audit-event.ts'
import { createCheckpoint } from '#core/audit/checkpoint.ts'
import { createRootBuilder, leafHash } from '#core/audit/merkle.ts'
import { personalHash } from '#core/audit/personal-part.ts'
import { newId } from '#core/ids.ts'
import { logOrigin } from '#protocol/keeper/log-origin.ts'
import { anEvent } from './own-audit.ts'

/** Writes an export of so many events (some 800 bytes each), signed by a key made for it. Answers the vkey. */
export async function writeLongExport(file: string, events: number): Promise<string> {
  const origin = logOrigin('eu', 'a'.repeat(13))
  const body = `${file}.body`
  const tree = createRootBuilder()
  await pipeline(Readable.from(lines(events, tree)), createWriteStream(body))
  const pair = generateKeyPairSync('ed25519')
  const publicKey = pair.publicKey.export({ format: 'der', type: 'spki' }).subarray(-32)
  const { note, key } = await createCheckpoint({ origin, size: events, root: tree.root() }, async (text) => ({
    signature: sign(null, Buffer.from(text), pair.privateKey),
    publicKey,
  }))
  const header = { format: 'panoply-audit/1', origin, key, checkpoint: note, filter: null }
  await pipeline(async function* () {
    yield `${JSON.stringify(header)}\n`
    yield* createReadStream(body, { highWaterMark: 2 ** 20 })
    yield `${JSON.stringify({ end: true, events, checkpoint: note })}\n`
  }, createWriteStream(file))
  rmSync(body)
  return key
}

function* lines(events: number, tree: ReturnType<typeof createRootBuilder>): Generator<string> {
  const salt = randomBytes(32).toString('base64url')
  for (let position = 0; position < events; ) {
    let chunk = ''
    for (const end = Math.min(events, position + 500); position < end; position++) {
      const { at, personal, ...event } = anEvent({ detail: { position } })
      const opened = { text: JSON.stringify(personal), salt }
      const leaf = leafText({ ...event, id: newId(), at: auditTime(at), personalHash: personalHash(opened) })
      const hash = leafHash(leaf).toString('hex')
      tree.push(hash)
      chunk += `${JSON.stringify({ position, hash, leaf, personal: opened.text, salt })}\n`
    }
    yield chunk
  }
}
