// The file a process logs to, bounded while it runs: what is full is copied beside it and begun anew.
// Must stay true: a line is on its file when write returns, or counted where the disk took none; no process stops for its log; it never
// needs more than its own two files, so it may own no folder.
import { copyFileSync, fstatSync, ftruncateSync, openSync, writeSync } from 'node:fs'

/** Most bytes of a log, and of the one before it; six roles keep at most twelve of these. */
const LARGEST_LOG = 16 * 2 ** 20

/** Opens the file for appending; `<path>.1` holds what was before. Lines that a full disk refused are told of by the next that is written. */
export function openLogFile(path: string, largest = LARGEST_LOG): { write(line: string): void } {
  const file = openSync(path, 'a', 0o640)
  let size = fstatSync(file).size
  let lost = 0
  /** A line was written in part. */
  let isTorn = false
  return {
    write(line) {
      const bytes = Buffer.from(`${isTorn ? '\n' : ''}${lost > 0 ? lossOf(lost) : ''}${line}`)
      if (size + bytes.length > largest) {
        keepBefore(path)
        ftruncateSync(file)
        size = 0
      }
      try {
        const written = writeSync(file, bytes)
        size += written
        if (written === bytes.length) [lost, isTorn] = [0, false]
        else [lost, isTorn] = [lost + 1, isTorn || written > 0]
      } catch (error) {
        if (!(error instanceof Error && 'code' in error)) throw error
        lost++
      }
    },
  }
}

/** What the log says of lines that it lost. */
function lossOf(lines: number): string {
  const time = new Date().toISOString()
  return `${JSON.stringify({ level: 50, time, lost: lines, msg: 'the disk took no lines of this log' })}\n`
}

/** A copy that cannot be made (a full disk, a folder of somebody else's) is not worth a process: the log begins anew without it. */
function keepBefore(path: string): void {
  try {
    copyFileSync(path, `${path}.1`)
  } catch (error) {
    if (!(error instanceof Error && 'code' in error)) throw error
  }
}
