// Where a key leads among the pages shown small. Pages count from 1.

/** The page a key leads to, or null when the key is not ours. */
export function nextThumbnail(
  key: string,
  current: number,
  { count, columns }: { count: number; columns: number },
): number | null {
  const jumps: Record<string, number> = {
    ArrowDown: current + columns,
    ArrowUp: current - columns,
    ArrowRight: current + 1,
    ArrowLeft: current - 1,
    PageDown: current + columns * 5,
    PageUp: current - columns * 5,
    Home: 1,
    End: count,
  }
  const wanted = jumps[key]
  return wanted === undefined ? null : Math.max(1, Math.min(count, wanted))
}
