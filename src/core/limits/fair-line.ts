// Turns at something scarce, shared fairly: between parties first, and between the members of a party after that.
// Must stay true: who asks for much waits behind who asks for little; a full line costs whoever fills it, not the newcomer.
import { PublicError } from '../errors.ts'
import { LimitReached } from './limit-reached.ts'

export interface LineBounds {
  /** Most turns at once, of all and of one party. */
  readonly turns: number
  readonly turnsPerParty: number
  /** Most that wait, of all and of one party. */
  readonly waiting: number
  readonly waitingPerParty: number
}

interface Waiter {
  readonly begin: () => void
  readonly refuse: (error: PublicError) => void
}

interface Party {
  running: number
  waiting: number
  /** In the order in which members get turns. */
  readonly members: Map<string, Waiter[]>
}

/** Who wants a turn: e.g. an address, and the account it asks about. */
export interface Asker {
  readonly party: string
  readonly member?: string
}

/** A line with bounds. */
export class FairLine {
  readonly #bounds: LineBounds
  /** In the order in which parties get turns; those with nothing running or waiting are not there. */
  readonly #parties = new Map<string, Party>()
  #running = 0
  #waiting = 0

  constructor(bounds: LineBounds) {
    this.#bounds = bounds
  }

  /** How many parties are remembered: those with something running or waiting. */
  get parties(): number {
    return this.#parties.size
  }

  /** Turns taken and asked for by a party now. */
  loadOf(party: string): number {
    const known = this.#parties.get(party)
    return known ? known.running + known.waiting : 0
  }

  /** Runs the work in a turn of its own. Throws `too_many_requests` when the party has enough waiting, `busy` when all have. */
  async run<T>(asker: Asker, work: () => Promise<T>): Promise<T> {
    const leave = await this.enter(asker)
    try {
      return await work()
    } finally {
      leave()
    }
  }

  /** Takes a turn; the answer ends it, and may be called more than once. Throws as {@link run}. */
  async enter({ party: name, member = '' }: Asker): Promise<() => void> {
    const party = this.#parties.get(name) ?? { running: 0, waiting: 0, members: new Map() }
    this.#parties.set(name, party)
    if (this.#mayBegin(party)) {
      party.running++
      this.#running++
    } else {
      await this.#wait(party, member).catch((refused: unknown) => {
        this.#forgetIdle(name, party)
        throw refused
      })
    }
    let isOver = false
    return () => {
      if (isOver) return
      isOver = true
      party.running--
      this.#running--
      this.#next()
      this.#forgetIdle(name, party)
    }
  }

  #forgetIdle(name: string, party: Party): void {
    if (party.running === 0 && party.waiting === 0 && this.#parties.get(name) === party)
      this.#parties.delete(name)
  }

  #mayBegin(party: Party): boolean {
    return this.#running < this.#bounds.turns && party.running < this.#bounds.turnsPerParty
  }

  async #wait(party: Party, member: string): Promise<void> {
    const isPartyFull = party.waiting >= this.#bounds.waitingPerParty
    if (isPartyFull || this.#waiting >= this.#bounds.waiting) {
      const most = isPartyFull ? party : this.#busiest()
      const own = most === party ? (party.members.get(member)?.length ?? 0) : 0
      const error = isPartyFull ? new LimitReached('share', 1) : new PublicError('busy')
      const [longestOf, longest] = [...most.members].reduce<[string, Waiter[]]>(
        (a, b) => (b[1].length > a[1].length ? b : a),
        ['', []],
      )
      // Whoever has most waiting gives way with the last of it; when that is no more than the newcomer would have, the newcomer does.
      const isMore = most === party ? longest.length > own + 1 : most.waiting > party.waiting + 1
      const last = isMore ? longest.pop() : undefined
      if (!last) throw error
      if (longest.length === 0) most.members.delete(longestOf)
      most.waiting--
      this.#waiting--
      last.refuse(error)
    }
    return new Promise<void>((begin, refuse) => {
      const line = party.members.get(member) ?? []
      line.push({ begin, refuse })
      party.members.set(member, line)
      party.waiting++
      this.#waiting++
    })
  }

  #busiest(): Party {
    const none: Party = { running: 0, waiting: 0, members: new Map() }
    return [...this.#parties.values()].reduce((a, b) => (b.waiting > a.waiting ? b : a), none)
  }

  /** Gives free turns to the parties in rotation, and within a party to its members in rotation. */
  #next(): void {
    while (this.#waiting > 0 && this.#running < this.#bounds.turns) {
      const found = [...this.#parties].find(
        ([, party]) => party.waiting > 0 && party.running < this.#bounds.turnsPerParty,
      )
      if (!found) return
      const [name, party] = found
      const line = [...party.members].find(([, waiters]) => waiters.length > 0)
      const waiter = line?.[1].shift()
      if (!line || !waiter) return
      party.members.delete(line[0])
      if (line[1].length > 0) party.members.set(...line)
      this.#parties.delete(name)
      this.#parties.set(name, party)
      party.waiting--
      this.#waiting--
      party.running++
      this.#running++
      waiter.begin()
    }
  }
}
