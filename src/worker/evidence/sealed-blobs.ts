// PD-03: objects lie encrypted with AES-256. Each file begins as a message of the AWS Encryption SDK with a 256-bit committing
// suite, and beyond the header no readable run is in it.
import { judge } from '#core/evidence/evidence.ts'
import { readableRun } from '#core/evidence/readable-run.ts'
import { headOf, sampleBlobFiles } from './blob-files.ts'
import type { WorkerProbe } from './worker-ground.ts'

const FILES = 60
const LOOKED = 262_144
/** Version 2, then the suite: AES-256-GCM with HKDF and key commitment, without and with a signature. */
const SUITES = new Set(['020478', '020578'])
/** The header names opaque ids in clear, in its context. */
const HEADER = 1024

/** Heads of some files. Where nobody stored anything yet there is nothing to show. */
export const sealedBlobs: WorkerProbe = async ({ region }) => {
  const faults: string[] = []
  const { files } = await sampleBlobFiles(region.blobRoot, FILES)
  let bytes = 0
  for (const { path } of files) {
    const head = await headOf(path, LOOKED)
    if (head.length === 0) continue
    bytes += head.length
    const name = path.slice(region.blobRoot.length + 1)
    if (!SUITES.has(head.subarray(0, 3).toString('hex')))
      faults.push(`${name} is no message of a 256-bit suite`)
    const run = readableRun(head.subarray(HEADER))
    if (run > 0) faults.push(`${name} holds a run of ${run} readable letters`)
  }
  return judge({ files: files.length, bytes }, faults)
}
