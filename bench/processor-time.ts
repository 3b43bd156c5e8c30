/** What processes have used of the processor, from /proc: beside the clock, the figure that a busy machine does not blur. */
import { readdirSync, readFileSync } from 'node:fs'

/** Nanoseconds on a processor of these processes and of the children they have now, all threads. Undefined where there is no /proc. */
export function processorTime(pids: readonly number[], withChildren: boolean): number | undefined {
  try {
    const all = withChildren ? [...pids, ...childrenOf(new Set(pids))] : pids
    return all.reduce((sum, pid) => sum + timeOf(pid), 0)
  } catch {
    return undefined
  }
}

function timeOf(pid: number): number {
  let sum = 0
  for (const task of readdirSync(`/proc/${pid}/task`)) {
    const [ran = ''] = readFileSync(`/proc/${pid}/task/${task}/schedstat`, 'utf8').split(' ')
    sum += Number(ran)
  }
  return sum
}

function childrenOf(parents: ReadonlySet<number>): number[] {
  return readdirSync('/proc').flatMap((name) => {
    if (!/^\d+$/.test(name)) return []
    try {
      const stat = readFileSync(`/proc/${name}/stat`, 'utf8')
      // The name of the program stands in brackets and may hold anything.
      const parent = Number(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[1])
      return parents.has(parent) ? [Number(name)] : []
    } catch {
      return []
    }
  })
}
