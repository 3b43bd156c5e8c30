/** How much memory a process takes, as the kernel counts it. */
import { readFileSync, writeFileSync } from 'node:fs'

/** Bytes by which the resident memory of a process was ever above what it was. */
export function watchMemory(pid: number): { grown(): number; stop(): number } {
  const read = (name: 'VmRSS' | 'VmHWM') => {
    const kilobytes = new RegExp(`${name}:\\s+(\\d+) kB`).exec(readFileSync(`/proc/${pid}/status`, 'utf8'))
    return Number(kilobytes?.[1]) * 1024
  }
  // The kernel's own mark, set back to now; it misses nothing between two looks.
  writeFileSync(`/proc/${pid}/clear_refs`, '5')
  const before = read('VmRSS')
  const grown = () => read('VmHWM') - before
  return { grown, stop: grown }
}
