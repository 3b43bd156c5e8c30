// PX-17: an object opens only to who holds its key. No user of the machine reads the files, and no address gives one away
// without a credential.
import { stat } from 'node:fs/promises'
import { join } from 'node:path'
import { SPOOL } from '#core/blobs/blob-store.ts'
import { askOwnWeb } from '#core/evidence/ask-own-web.ts'
import { judge } from '#core/evidence/evidence.ts'
import { isRoutingId, newId, toApi } from '#core/ids.ts'
import { sampleBlobFiles } from './blob-files.ts'
import type { WorkerProbe } from './worker-ground.ts'

/** Modes of folders and some files; the addresses under which somebody might hope for an object. */
export const blobDoors: WorkerProbe = async ({ region, config }) => {
  const faults: string[] = []
  const root = await stat(region.blobRoot)
  if ((root.mode & 0o007) !== 0) faults.push('the folder of objects is open to every user of the machine')
  const { containers, files } = await sampleBlobFiles(region.blobRoot, 200)
  for (const container of containers) {
    if (!isRoutingId(container)) faults.push(`${container} is no organisation's container`)
    const { mode } = await stat(join(region.blobRoot, container))
    if ((mode & 0o007) !== 0) faults.push(`container ${container} is open to every user of the machine`)
  }
  const spool = await stat(join(region.blobRoot, SPOOL)).catch(() => null)
  if (spool && (spool.mode & 0o077) !== 0)
    faults.push('the spool of signed bodies is open to others than the web')
  for (const { path, mode } of files)
    if ((mode & 0o007) !== 0)
      faults.push(`${path.slice(region.blobRoot.length + 1)} is open to every user of the machine`)
  const some = files[0]?.path.slice(region.blobRoot.length) ?? `/${newId()}`
  const id = toApi('doc', newId())
  const paths = [
    `/v1/documents/${id}/content`,
    `/v1/documents/${id}/pages/1`,
    `/v1/snips/${toApi('snp', newId())}/image`,
    `/blobs${some}`,
    some,
    `/assets/..%2f..%2fblobs${some}`,
  ]
  let refused = 0
  for (const path of paths) {
    const { status, headers } = await askOwnWeb(`${region.url}${path}`, {
      ca: config.caCertificateFile,
      headers: { accept: '*/*' },
    })
    const isObject = status < 300 && !/json|html/.test(String(headers['content-type']))
    if (isObject || (path.startsWith('/v1/') && status !== 401))
      faults.push(`${path} answered ${status} without a credential`)
    else refused++
  }
  return judge(
    { containers: containers.length, files: files.length, requests: paths.length, refused },
    faults,
  )
}
