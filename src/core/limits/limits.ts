// What one tenant, one credential and one address may ask of this process, and who goes first when there is too much.
// Must stay true: a refusal costs next to nothing and names when to come back; nobody's limit can be used up by somebody else
// elsewhere, and what all share goes to whoever had least of it. See docs/decisions/0011-limits.md.
import type { Actor } from '../tenancy/actor.ts'
import type { Clock } from '../time.ts'
import { addressKey, networkKey } from './address-key.ts'
import { FairLine, type LineBounds } from './fair-line.ts'
import { LimitReached } from './limit-reached.ts'
import { LoadShedder } from './load-shedder.ts'
import { type BucketSize, type Taken, TokenBuckets } from './token-buckets.ts'

export interface LimitBounds {
  readonly requests: {
    readonly address: BucketSize
    readonly credential: BucketSize
    readonly tenant: BucketSize
  }
  /** Requests at work at the same time: a party is a tenant, or an address that is not signed in. */
  readonly work: LineBounds
  /** Files that come or go at the same time. */
  readonly streams: LineBounds
  /** Passwords being checked: a party is an address, its members are accounts. */
  readonly passwords: LineBounds
  /** Passwords whose strength is estimated: long work that must not hold up who signs in. */
  readonly choices: LineBounds
  /** Wrong passwords: of an account from one address, of one address, of an account from everywhere. */
  readonly wrongPasswords: {
    readonly pair: BucketSize
    readonly address: BucketSize
    readonly account: BucketSize
  }
  /** Mail that strangers ask for: to one recipient, from one address, from the network around it, and in all. */
  readonly mails: Readonly<Record<'recipient' | 'address' | 'network' | 'all', BucketSize>>
}

const HOUR = 3600

export const LIMITS: LimitBounds = {
  requests: {
    address: { burst: 3_000, perSecond: 300 },
    credential: { burst: 2_000, perSecond: 200 },
    tenant: { burst: 4_000, perSecond: 400 },
  },
  work: { turns: 96, turnsPerParty: 24, waiting: 2_000, waitingPerParty: 400 },
  streams: { turns: 256, turnsPerParty: 16, waiting: 512, waitingPerParty: 64 },
  passwords: { turns: 16, turnsPerParty: 4, waiting: 512, waitingPerParty: 32 },
  choices: { turns: 4, turnsPerParty: 1, waiting: 128, waitingPerParty: 8 },
  wrongPasswords: {
    pair: { burst: 10, perSecond: 1 / 30 },
    address: { burst: 100, perSecond: 1 },
    account: { burst: 100, perSecond: 100 / HOUR },
  },
  mails: {
    recipient: { burst: 5, perSecond: 5 / HOUR },
    address: { burst: 100, perSecond: 100 / HOUR },
    network: { burst: 200, perSecond: 200 / HOUR },
    all: { burst: 1_000, perSecond: 1_000 / HOUR },
  },
}

/** Accounts that were opened from an address lately, so that strangers' guesses do not shut their owners out. */
const MOST_KNOWN = 20_000
const MOST_REFUSALS = 50_000

/** The limits of one process. */
export class Limits {
  readonly #requests: Readonly<Record<'address' | 'credential' | 'tenant', TokenBuckets>>
  readonly #wrong: Readonly<Record<'pair' | 'address' | 'account', TokenBuckets>>
  readonly #mails: Readonly<Record<'recipient' | 'address' | 'network' | 'all', TokenBuckets>>
  readonly #known = new Set<string>()
  /** The minute of the last one. */
  readonly #refusals = new Map<string, number>()
  readonly #now: Clock
  readonly #work: FairLine
  readonly #streams: FairLine
  readonly shedder = new LoadShedder()
  readonly #passwords: FairLine
  readonly #choices: FairLine

  constructor(bounds: LimitBounds, now: Clock) {
    this.#now = now
    const of = (size: BucketSize) => new TokenBuckets(size, now)
    const { requests, wrongPasswords: wrong, mails } = bounds
    this.#requests = {
      address: of(requests.address),
      credential: of(requests.credential),
      tenant: of(requests.tenant),
    }
    this.#wrong = { pair: of(wrong.pair), address: of(wrong.address), account: of(wrong.account) }
    this.#mails = {
      recipient: of(mails.recipient),
      address: of(mails.address),
      network: of(mails.network),
      all: of(mails.all),
    }
    this.#work = new FairLine(bounds.work)
    this.#streams = new FairLine(bounds.streams)
    this.#passwords = new FairLine(bounds.passwords)
    this.#choices = new FairLine(bounds.choices)
  }

  /** One request from an address, before anything else is known of it. Throws `too_many_requests`. */
  requestFrom(ip: string): void {
    take('address', this.#requests.address, addressKey(ip))
  }

  /** One request of a credential and its tenant. Throws `too_many_requests`; answers the RateLimit fields of the tighter one. */
  requestOf(actor: Actor): Readonly<Record<string, string>> {
    const credential = take('credential', this.#requests.credential, `${actor.tenant}.${actor.credentialId}`)
    const tenant = take('tenant', this.#requests.tenant, actor.tenant)
    return tenant.left < credential.left
      ? rateLimitFields('tenant', this.#requests.tenant.size, tenant)
      : rateLimitFields('credential', this.#requests.credential.size, credential)
  }

  /**
   * A turn for one request, or for a file that comes or goes, of a tenant or of an address that is not signed in; the answer ends it.
   * Throws `too_many_requests` when it has enough waiting, `busy` when all have or when this process is late and it asks for most.
   * What waits for a password has its turn in {@link tryPassword} or {@link takePassword}.
   */
  async begin(actor: Actor | null, ip: string, kind: 'work' | 'stream' | 'password'): Promise<() => void> {
    const party = actor?.tenant ?? addressKey(ip)
    this.shedder.admit(party)
    if (kind === 'password') return () => undefined
    return (kind === 'stream' ? this.#streams : this.#work).enter({ party })
  }

  /**
   * Lets somebody try a password: in their turn, and as often as wrong ones are allowed. `isRefused` tells a wrong password from other
   * errors of the work. Throws `too_many_requests`, `busy`.
   */
  async tryPassword<T>(
    { ip, account }: { readonly ip: string; readonly account: string },
    work: () => Promise<T>,
    isRefused: (error: unknown) => boolean,
  ): Promise<T> {
    const address = addressKey(ip)
    // Charged when its turn comes: what is asked beside it has given back by then what was not spent.
    return this.#passwords.run({ party: address, member: account }, async () => {
      const giveBack = this.#chargeGuess(address, account)
      try {
        const done = await work()
        giveBack()
        if (this.#known.size >= MOST_KNOWN) this.#known.clear()
        this.#known.add(`${address} ${account}`)
        return done
      } catch (error) {
        if (!isRefused(error)) giveBack()
        throw error
      }
    })
  }

  /** Lets a chosen password be judged, in a line of its own. Throws `too_many_requests`, `busy`. */
  choosePassword<T>(
    { ip, account }: { readonly ip: string; readonly account: string },
    work: () => Promise<T>,
  ): Promise<T> {
    return this.#choices.run({ party: addressKey(ip), member: account }, work)
  }

  /** Lets somebody who has shown who they are have a password hashed, in their turn. Throws `too_many_requests`, `busy`. */
  takePassword<T>(
    { ip, account }: { readonly ip: string; readonly account: string },
    work: () => Promise<T>,
  ): Promise<T> {
    return this.#passwords.run({ party: addressKey(ip), member: account }, work)
  }

  /** Takes what a wrong password costs before it is known to be one; the answer gives it back. */
  #chargeGuess(address: string, account: string): () => void {
    const pair = `${address} ${account}`
    const isKnown = this.#known.has(pair)
    return charge('sign-in', [
      { buckets: this.#wrong.pair, key: pair },
      ...(isKnown ? [] : [{ buckets: this.#wrong.address, key: address }]),
      ...(isKnown ? [] : [{ buckets: this.#wrong.account, key: account }]),
    ])
  }

  /**
   * Whether a refusal is the first of its kind for a credential from an address in this minute: one leaves an event, more are counted.
   * For what can be repeated without doing anything.
   */
  isFirstRefusal(credential: string, ip: string, reason: string): boolean {
    const minute = Math.floor(this.#now().getTime() / 60_000)
    const name = `${credential}\0${addressKey(ip)}\0${reason}`
    if (this.#refusals.get(name) === minute) return false
    if (this.#refusals.size >= MOST_REFUSALS) this.#refusals.clear()
    this.#refusals.set(name, minute)
    return true
  }

  /**
   * One mail that a stranger asks to be sent. Once half of what all share is gone, an address and its network may have spent less and less
   * of their own; who has spent nothing gets of it until the last. Throws `too_many_requests`.
   */
  mailTo(recipient: string, ip: string): void {
    const { all } = this.#mails
    const askers = [
      { buckets: this.#mails.network, key: networkKey(ip) },
      { buckets: this.#mails.address, key: addressKey(ip) },
    ]
    const left = 1 - all.spent('') / all.size.burst
    for (const { buckets, key } of askers) {
      const beyond = buckets.spent(key) - Math.max(1, buckets.size.burst * 2 * left)
      if (beyond < 0) continue
      const waitSeconds = Math.max(1, Math.ceil(beyond / buckets.size.perSecond))
      throw refusal('mail', buckets.size, { isTaken: false, left: 0, waitSeconds })
    }
    charge('mail', [...askers, { buckets: this.#mails.recipient, key: recipient }, { buckets: all, key: '' }])
  }
}

interface Cost {
  readonly buckets: TokenBuckets
  readonly key: string
}

/** Takes one of each, or throws and takes none. The answer gives them back. */
function charge(limit: string, costs: readonly Cost[]): () => void {
  const taken: Cost[] = []
  const giveBack = (): void => {
    for (const { buckets, key } of taken) buckets.give(key)
  }
  for (const cost of costs) {
    try {
      take(limit, cost.buckets, cost.key)
    } catch (error) {
      giveBack()
      throw error
    }
    taken.push(cost)
  }
  return giveBack
}

function take(limit: string, buckets: TokenBuckets, key: string): Taken {
  const taken = buckets.take(key)
  if (taken.isTaken) return taken
  throw refusal(limit, buckets.size, taken)
}

function refusal(limit: string, size: BucketSize, taken: Taken): LimitReached {
  return new LimitReached(limit, taken.waitSeconds, rateLimitFields(limit, size, taken))
}

/** The fields of draft-ietf-httpapi-ratelimit-headers-10: what is allowed, and what is left of it. */
export function rateLimitFields(
  name: string,
  size: BucketSize,
  taken: Taken,
): Readonly<Record<string, string>> {
  const window = Math.ceil(size.burst / size.perSecond)
  return {
    'ratelimit-policy': `"${name}";q=${size.burst};w=${window}`,
    ratelimit: `"${name}";r=${taken.left};t=${taken.waitSeconds}`,
  }
}
