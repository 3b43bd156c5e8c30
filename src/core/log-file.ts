// The file a process logs to, bounded while it runs: what is full is copied beside it and begun anew.
// Must stay true: a line is on its file when write returns; a process never needs more than its own two files, so it may own no folder.
import { copyFileSync, fstatSync, ftruncateSync, openSync, writeSync } from 'node:fs'

/** Most bytes of a log, and of the one before it; six roles keep at most twelve of these. */
const LARGEST_LOG = 16 * 2 ** 20

/** Opens the file for appending; `<path>.1` holds what was before. */
export function openLogFile(path: string, largest = LARGEST_LOG): { write(line: string): void } {
  const file = openSync(path, 'a', 0o640)
  let size = fstatSync(file).size
  return {
    write(line) {
      const bytes = Buffer.byteLength(line)
      if (size + bytes > largest) {
        keepBefore(path)
        ftruncateSync(file)
        size = 0
      }
      writeSync(file, line)
      size += bytes
    },
  }
}

/** A copy that cannot be made (a full disk, a folder of somebody else's) is not worth a process: the log begins anew without it. */
function keepBefore(path: string): void {
  try {
    copyFileSync(path, `${path}.1`)
  } catch (error) {
    if (!(error instanceof Error && 'code' in error)) throw error
  }
}
