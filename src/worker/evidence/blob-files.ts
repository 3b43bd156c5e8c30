// Some blob files of a region, for probes. Their names are opaque ids; what is in them is read in pieces and never kept.
import { open, readdir, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { SPOOL } from '#core/blobs/blob-store.ts'

export interface BlobFile {
  readonly container: string
  readonly path: string
  readonly mode: number
  readonly size: number
}

/** At most `most` files out of some containers, others every time. Nothing where there is no folder; the spool is the web's alone. */
export async function sampleBlobFiles(
  root: string,
  most: number,
): Promise<{ containers: string[]; files: BlobFile[] }> {
  const containers = (await names(root)).filter((name) => name !== SPOOL)
  const shuffled = containers.toSorted(() => Math.random() - 0.5).slice(0, 20)
  const files: BlobFile[] = []
  for (const container of shuffled) {
    for (const folder of (await names(join(root, container)))
      .toSorted(() => Math.random() - 0.5)
      .slice(0, 8)) {
      for (const name of await names(join(root, container, folder))) {
        if (files.length >= most) return { containers, files }
        const path = join(root, container, folder, name)
        const found = await stat(path).catch(() => null)
        if (found?.isFile()) files.push({ container, path, mode: found.mode, size: found.size })
      }
    }
  }
  return { containers, files }
}

/** The first bytes of a file; empty when it went away. */
export async function headOf(path: string, length: number): Promise<Buffer> {
  const file = await open(path, 'r').catch(() => null)
  if (!file) return Buffer.alloc(0)
  try {
    const { buffer, bytesRead } = await file.read(Buffer.alloc(length), 0, length, 0)
    return buffer.subarray(0, bytesRead)
  } finally {
    await file.close()
  }
}

async function names(folder: string): Promise<string[]> {
  return readdir(folder).catch((error: Error & { code?: string }) => {
    if (error.code === 'ENOENT' || error.code === 'ENOTDIR') return []
    throw error
  })
}
