// Files that a power cut leaves old or new, never between.
import { closeSync, fstatSync, fsyncSync, openSync, renameSync, writeSync } from 'node:fs'
import { dirname } from 'node:path'

/** Writes a file (mode 0600) and waits until its bytes are on the disk. */
export function writeDurably(file: string, bytes: Uint8Array): void {
  const fd = openSync(file, 'w', 0o600)
  try {
    for (let done = 0; done < bytes.length; ) done += writeSync(fd, bytes, done)
    fsyncSync(fd)
  } finally {
    closeSync(fd)
  }
}

/**
 * Replaces a file in one step, on disk when it returns, and then overwrites the old bytes where they lay.
 * The wiping is best effort (a journal or flash may keep copies); the old bytes were sealed in any case.
 */
export function replaceDurably(file: string, bytes: Uint8Array): void {
  const part = `${file}.new`
  writeDurably(part, bytes)
  const old = openIfThere(file)
  try {
    renameSync(part, file)
    syncFolder(dirname(file))
    if (old !== null) wipe(old)
  } finally {
    if (old !== null) closeSync(old)
  }
}

/** Waits until the folder's entries are on the disk. */
export function syncFolder(folder: string): void {
  const fd = openSync(folder, 'r')
  try {
    fsyncSync(fd)
  } finally {
    closeSync(fd)
  }
}

function openIfThere(file: string): number | null {
  try {
    return openSync(file, 'r+')
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return null
    throw error
  }
}

function wipe(fd: number): void {
  writeSync(fd, Buffer.alloc(fstatSync(fd).size), 0)
  fsyncSync(fd)
}
