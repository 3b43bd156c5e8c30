// Which entries of a segment were not removed, as one snapshot of the database sees it.
import type { EntryTable } from './entry-table.ts'

/** A removal: everything of `uuid` that was indexed before `seq`. */
export interface Dead {
  readonly seq: number
  readonly field: 'entry' | 'owner'
  readonly uuid: string
}

/** `alive` is null when nothing was removed; else 1 for each entry that stands. Do not change it. */
export interface Living {
  readonly alive: Uint8Array | null
  readonly count: number
  /** Words of all living entries together, weighted. */
  readonly length: number
}

/** Answers for one table; remembers the last answer, because most snapshots see the same removals. */
export class LiveEntries {
  readonly #table: EntryTable
  #applied = new Set<number>()
  #living: Living

  constructor(table: EntryTable) {
    this.#table = table
    this.#living = all(table)
  }

  /** What is alive when exactly these removals stand. */
  under(dead: readonly Dead[]): Living {
    const seqs = new Set(dead.map((row) => row.seq))
    // A snapshot may see fewer than the last one did: removals of a transaction that was rolled back, or purged ones.
    if ([...this.#applied].some((seq) => !seqs.has(seq))) {
      this.#applied = new Set()
      this.#living = all(this.#table)
    }
    const fresh = dead.filter((row) => !this.#applied.has(row.seq))
    if (fresh.length === 0) return this.#living
    for (const row of fresh) this.#applied.add(row.seq)
    let { alive, count, length } = this.#living
    let copied = false
    for (const { field, uuid, seq } of fresh) {
      this.#table.eachOf(field, uuid, seq, (entry) => {
        if (!copied) {
          alive = alive ? alive.slice() : new Uint8Array(this.#table.size).fill(1)
          copied = true
        }
        if (!alive?.[entry]) return
        alive[entry] = 0
        count--
        length -= this.#table.lengths[entry] ?? 0
      })
    }
    this.#living = { alive, count, length }
    return this.#living
  }
}

function all(table: EntryTable): Living {
  return { alive: null, count: table.size, length: table.lengths.reduce((a, b) => a + b, 0) }
}
