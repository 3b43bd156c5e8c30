// The index against a plain list of entries in memory: same words, same formulas, no segments. Any order of writing, removing,
// rolling back, merging and rewriting must leave both with the same hits, scores and totals.
import assert from 'node:assert/strict'
import { after, before, it } from 'node:test'
import fc from 'fast-check'
import { type OwnCluster, startCluster } from '#test/own-cluster.ts'
import { anEntry, aSearchTenant, type SearchTenant } from '#test/search-tenant.ts'
import { newId } from '../ids.ts'
import { Analyzer } from './analyzer.ts'
import { splitWords } from './split-words.ts'
import type { SearchEntry, TenantSearch } from './tenant-search.ts'

const WORDS = [
  'lease',
  'tenant',
  'tenants',
  'rent',
  'payable',
  'deposit',
  'roof',
  'garden',
  'zone',
  'quarter',
]
const OWNERS = Array.from({ length: 4 }, () => newId())

let cluster: OwnCluster
before(async () => {
  cluster = await startCluster()
})
after(() => cluster.stop())

const words = fc.array(fc.constantFrom(...WORDS), { minLength: 1, maxLength: 12 })
const entry = fc
  .record({
    title: words,
    body: words,
    owner: fc.constantFrom(...OWNERS),
    kind: fc.constantFrom('page', 'snip'),
  })
  .map(({ title, body, owner, kind }) => ({ title: title.join(' '), body: body.join(' '), owner, kind }))
const action = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.record({
      do: fc.constant('index' as const),
      entries: fc.array(entry, { minLength: 1, maxLength: 5 }),
    }),
  },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('remove' as const), nth: fc.nat(50) }) },
  {
    weight: 1,
    arbitrary: fc.record({ do: fc.constant('removeOwner' as const), owner: fc.constantFrom(...OWNERS) }),
  },
  {
    weight: 1,
    arbitrary: fc.record({
      do: fc.constant('rollback' as const),
      entries: fc.array(entry, { minLength: 1, maxLength: 2 }),
      nth: fc.nat(50),
    }),
  },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('compact' as const) }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('ask' as const) }) },
)
const question = fc.record({
  words: fc.uniqueArray(fc.constantFrom(...WORDS), { minLength: 1, maxLength: 3 }),
  phrase: fc.option(fc.array(fc.constantFrom(...WORDS), { minLength: 1, maxLength: 3 })),
  without: fc.option(fc.constantFrom(...WORDS)),
  kinds: fc.option(fc.subarray(['page', 'snip'], { minLength: 1 })),
})
type Asked = typeof question extends fc.Arbitrary<infer T> ? T : never

it('answers as a plain list does, whatever was written, removed and merged before', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(action, { minLength: 1, maxLength: 14 }),
      fc.array(question, { minLength: 1, maxLength: 4 }),
      async (actions, questions) => {
        await using tenant = await aSearchTenant(cluster)
        let model: SearchEntry[] = []
        const make = (made: { title: string; body: string; owner: string; kind: string }) =>
          anEntry('', {
            owner: made.owner,
            kind: made.kind,
            fields: [
              { text: made.title, weight: 2 },
              { text: made.body, weight: 1 },
            ],
          })
        for (const step of actions) {
          if (step.do === 'index') {
            const made = step.entries.map(make)
            await tenant.write((search) => search.index(made))
            model.push(...made)
          } else if (step.do === 'remove') {
            const chosen = model[step.nth % Math.max(model.length, 1)]
            if (chosen) await tenant.write((search) => search.remove({ entries: [chosen.id] }))
            model = model.filter((one) => one !== chosen)
          } else if (step.do === 'removeOwner') {
            await tenant.write((search) => search.remove({ owner: step.owner }))
            model = model.filter((one) => one.owner !== step.owner)
          } else if (step.do === 'rollback') {
            const chosen = model[step.nth % Math.max(model.length, 1)]
            const without = model.filter((one) => one !== chosen)
            const made = step.entries.map(make)
            await tenant
              .write(async (search) => {
                await search.index(made)
                if (chosen) await search.remove({ entries: [chosen.id] })
                for (const asked of questions) await compare(search, [...without, ...made], asked)
                throw new RangeError('rolled back')
              })
              .catch((error) => assert.ok(error instanceof RangeError, error))
          } else if (step.do === 'compact') await compact(tenant)
          else for (const asked of questions) await compare(tenant.search, model, asked)
        }
        for (const asked of questions) await compare(tenant.search, model, asked)
        for (const asked of questions) await compare(tenant.elsewhere(), model, asked)
      },
    ),
    { numRuns: 25 },
  )
})

/** Everything into segments: a new key version makes all of it due. */
async function compact(tenant: SearchTenant): Promise<void> {
  const version = tenant.keys.rotate()
  for (;;) {
    const { done, total } = await tenant.write((search) => search.rewrite(version))
    if (done === total) return
  }
}

async function compare(search: TenantSearch, model: readonly SearchEntry[], asked: Asked): Promise<void> {
  const text = [
    ...asked.words,
    asked.phrase ? `"${asked.phrase.join(' ')}"` : '',
    asked.without ? `-${asked.without}` : '',
  ]
  const typed = `${text.join(' ')} `
  const kinds = asked.kinds ?? undefined
  const got = await search.query({ text: typed, limit: 100, ...(kinds ? { kinds } : {}) })
  const wanted = bruteForce(model, asked)
  assert.equal(got.total, wanted.length, typed)
  assert.deepEqual(new Set(got.hits.map(({ entry }) => entry)), new Set(wanted.map(({ id }) => id)), typed)
  got.hits.forEach(({ entry, score }, i) => {
    const own = wanted.find(({ id }) => id === entry)?.score ?? Number.NaN
    assert.ok(Math.abs(own - score) < 1e-9, `${typed}: ${score} instead of ${own}`)
    assert.ok(i === 0 || (got.hits[i - 1]?.score ?? 0) >= score)
  })
}

/** Terms with positions and weights of an entry, and its weighted length. */
function read(one: SearchEntry, analyzer: Analyzer) {
  const places: { term: string; position: number; weight: number }[] = []
  let first = 0
  for (const { text, weight } of one.fields) {
    const cut = splitWords(text)
    for (const { word, position } of cut)
      places.push({ term: analyzer.term(word, 'en'), position: first + position, weight })
    first += cut.length + 100
  }
  return { one, places, length: places.reduce((sum, { weight }) => sum + weight, 0) }
}

function bruteForce(model: readonly SearchEntry[], asked: Asked): { id: string; score: number }[] {
  const analyzer = new Analyzer()
  const all = model.map((one) => read(one, analyzer))
  const average = all.reduce((sum, { length }) => sum + length, 0) / Math.max(all.length, 1)
  const typed = [...new Set([...asked.words, ...(asked.phrase ?? [])])].map((word) =>
    analyzer.term(word, 'en'),
  )
  const factors = typed.map((term) => {
    const df = all.filter(({ places }) => places.some((place) => place.term === term)).length
    return 2.6 * Math.log(1 + (all.length - df + 0.5) / (df + 0.5))
  })
  const hasPhrase = (places: { term: string; position: number }[], phrase: readonly string[]) =>
    places.some(({ position }) =>
      phrase.every((word, i) =>
        places.some((at) => at.position === position + i && at.term === analyzer.term(word, 'en')),
      ),
    )
  return all.flatMap(({ one, places, length }) => {
    const saturation = 1.6 * (0.25 + (0.75 * length) / average)
    let score = 0
    typed.forEach((term, i) => {
      const own = places.filter((place) => place.term === term)
      const weight = own.reduce((sum, place) => sum + place.weight, 0)
      if (weight > 0) score += ((factors[i] ?? 0) * weight) / (weight + saturation)
      if (i === 0) return
      let close = 0
      for (const a of places.filter((place) => place.term === typed[i - 1]))
        for (const b of own) {
          const gap = Math.abs(a.position - b.position)
          if (gap > 0 && gap <= 3) close += 1 / gap
        }
      if (close > 0)
        score += (0.3 * Math.min(factors[i] ?? 0, factors[i - 1] ?? 0) * close) / (close + saturation)
    })
    if (asked.phrase ? !hasPhrase(places, asked.phrase) : score === 0) return []
    if (asked.without && hasPhrase(places, [asked.without])) return []
    if (asked.kinds && !asked.kinds.includes(one.kind)) return []
    return [{ id: one.id, score }]
  })
}
