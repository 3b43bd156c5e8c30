/** Import cycles: the strongly connected parts of a graph that hold more than one file, or one that names itself. */

/** Each cycle as a sorted list of files. `edges` maps a file to the files that it loads at run time. */
export function findCycles(edges: ReadonlyMap<string, readonly string[]>): string[][] {
  const index = new Map<string, number>()
  const low = new Map<string, number>()
  const stack: string[] = []
  const onStack = new Set<string>()
  const cycles: string[][] = []

  const visit = (file: string): void => {
    const here = index.size
    index.set(file, here)
    low.set(file, here)
    stack.push(file)
    onStack.add(file)
    for (const next of edges.get(file) ?? []) {
      if (!index.has(next)) {
        visit(next)
        low.set(file, Math.min(low.get(file) ?? here, low.get(next) ?? here))
      } else if (onStack.has(next)) {
        low.set(file, Math.min(low.get(file) ?? here, index.get(next) ?? here))
      }
    }
    if (low.get(file) !== here) return
    const part = stack.splice(stack.indexOf(file))
    for (const member of part) onStack.delete(member)
    if (part.length > 1 || edges.get(file)?.includes(file)) cycles.push(part.sort())
  }

  for (const file of edges.keys()) if (!index.has(file)) visit(file)
  return cycles
}
