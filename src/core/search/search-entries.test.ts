import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import { type OwnCluster, startCluster } from '#test/own-cluster.ts'
import { anEntry, aSearchTenant, type SearchTenant } from '#test/search-tenant.ts'
import { newId } from '../ids.ts'
import type { Language } from './tenant-search.ts'

describe('a question to the index', () => {
  let cluster: OwnCluster
  let tenant: SearchTenant
  const texts = new Map<string, string>()

  before(async () => {
    cluster = await startCluster()
    tenant = await aSearchTenant(cluster)
    const make = (language: Language, ...all: string[]) =>
      all.map((text) => {
        const entry = anEntry(text, { language })
        texts.set(entry.id, text)
        return entry
      })
    const entries = [
      ...make('en', 'The landlord shall not be liable', 'To be or not to be', 'boundary layer on a plate'),
      ...make(
        'en',
        'the layer at the boundary',
        'She was running with the café owner',
        'ﬁnal ＯＦＦＥＲ 2026',
      ),
      ...make('sv', 'Avtalet gäller', 'Ett dokument', 'Kontraktet sades upp', 'Malmö stad', 'ett nytt avtal'),
      ...make('sv', 'uppsägningstiden är lång', 'området'),
      ...make('de', 'Die Verträge wurden gekündigt', 'ein Vertrag', 'Straße'),
      ...make(
        'und',
        '契約書を確認する',
        '保密协议',
        '계약서를 검토',
        'ｶﾀｶﾅ',
        '𠮷野家の牛丼',
        'การค้นหาเอกสาร',
        'договор',
      ),
    ]
    await tenant.write((search) => search.index(entries))
  })
  after(async () => {
    await tenant[Symbol.asyncDispose]()
    await cluster.stop()
  })

  const found = async (text: string) => {
    const { hits, total } = await tenant.search.query({ text })
    assert.equal(hits.length, total)
    return hits.map(({ entry }) => texts.get(entry))
  }
  const finds = async (question: string, ...wanted: string[]) => {
    const all = await found(question)
    for (const text of wanted) assert.ok(all.includes(text), `${question} finds ${text}, not only ${all}`)
  }

  it('stems English, and finds words of any form', () => finds('run ', 'She was running with the café owner'))
  it('folds accents where they are decoration', () => finds('CAFE', 'She was running with the café owner'))
  it('folds width and ligatures', () => finds('final offer', 'ﬁnal ＯＦＦＥＲ 2026'))
  it('joins Swedish words with their -et forms, both ways', async () => {
    await finds('avtal', 'Avtalet gäller', 'ett nytt avtal')
    await finds('avtalet', 'Avtalet gäller', 'ett nytt avtal')
    await finds('dokumentet', 'Ett dokument')
    await finds('kontrakt', 'Kontraktet sades upp')
    await finds('område', 'området')
  })
  it('stems German and folds umlauts', async () => {
    await finds('vertrag', 'Die Verträge wurden gekündigt', 'ein Vertrag')
    await finds('strasse', 'Straße')
  })
  it('finds the parts of a compound by its beginning', () => finds('uppsägning', 'uppsägningstiden är lång'))
  it('finds scripts without spaces', async () => {
    await finds('契約', '契約書を確認する')
    await finds('約', '契約書を確認する')
    await finds('する', '契約書を確認する')
    await finds('る', '契約書を確認する')
    await finds('协议', '保密协议')
    await finds('계약서', '계약서를 검토')
    await finds('カタカナ', 'ｶﾀｶﾅ')
    await finds('𠮷野家', '𠮷野家の牛丼')
    await finds('เอกสาร', 'การค้นหาเอกสาร')
    await finds('ДОГОВОР', 'договор')
  })
  it('needs every phrase, in its order, stop words too', async () => {
    assert.deepEqual(await found('"boundary layer"'), ['boundary layer on a plate'])
    assert.deepEqual(await found('"to be or not to be"'), ['To be or not to be'])
    assert.deepEqual(await found('"shall not be" layer'), ['The landlord shall not be liable'])
    assert.deepEqual(await found('“layer boundary”'), [])
  })
  it('leaves out what has a minus', async () => {
    assert.deepEqual(await found('layer -plate'), ['the layer at the boundary'])
    assert.deepEqual(await found('layer -"boundary layer"'), ['the layer at the boundary'])
    assert.deepEqual(await found('-plate'), [])
  })
  it('takes a star as a prefix, and the last word too while it is typed', async () => {
    await finds('bound* stad', 'boundary layer on a plate', 'Malmö stad')
    await finds('boun', 'the layer at the boundary')
    assert.deepEqual(await found('boun '), [])
  })
  it('repairs a word it does not know, searches for it and says so', async () => {
    const { hits, suggestion } = await tenant.search.query({ text: 'the bonudary of the landlrod ' })
    assert.equal(suggestion, 'the boundary of the landlord ')
    assert.equal(hits.length, 3)
    assert.equal((await tenant.search.query({ text: 'boundary' })).suggestion, null)
    assert.equal((await tenant.search.query({ text: 'zzzzqqqq ' })).suggestion, null)
  })
  it('answers nothing to nothing, and to signs', async () => {
    for (const text of ['', '   ', '"', '"""', '-', '*', '-""', '()&|!<->', '\0', '\ud800'])
      assert.deepEqual(await found(text), [], JSON.stringify(text))
  })

  it('shows only the kinds asked for and the entries allowed', async () => {
    const one = anEntry('frobnicate alpha', { kind: 'snip' })
    const two = anEntry('frobnicate beta', { kind: 'title', part: 7 })
    await tenant.write((search) => search.index([one, two]))
    const all = await tenant.search.query({ text: 'frobnicate' })
    assert.equal(all.total, 2)
    const kinds = await tenant.search.query({ text: 'frobnicate', kinds: ['title', 'other'] })
    assert.equal(kinds.total, 1)
    const { score, ...ref } = kinds.hits[0] ?? assert.fail()
    assert.ok(score > 0)
    assert.deepEqual(ref, { entry: two.id, kind: 'title', owner: two.owner, part: 7 })
    const allowed = await tenant.search.query({
      text: 'frobnicate',
      allows: ({ owner }) => owner === one.owner,
    })
    assert.deepEqual(
      allowed.hits.map(({ entry }) => entry),
      [one.id],
    )
  })
  it('counts a title double', async () => {
    const body = anEntry('', { fields: [{ text: 'grommet other', weight: 1 }] })
    const title = anEntry('', { fields: [{ text: 'grommet other', weight: 2 }] })
    await tenant.write((search) => search.index([body, title]))
    const { hits } = await tenant.search.query({ text: 'grommet ' })
    assert.deepEqual(
      hits.map(({ entry }) => entry),
      [title.id, body.id],
    )
  })
  it('puts words that stand together first', async () => {
    const apart = anEntry('sprocket one two three four five six gasket')
    const near = anEntry('sprocket gasket one two three four five six')
    await tenant.write((search) => search.index([apart, near]))
    const { hits } = await tenant.search.query({ text: 'sprocket gasket ' })
    assert.deepEqual(
      hits.map(({ entry }) => entry),
      [near.id, apart.id],
    )
  })
  it('does not let a phrase cross fields', async () => {
    const entry = anEntry('', {
      fields: [
        { text: 'ends with widget', weight: 2 },
        { text: 'flange begins', weight: 1 },
      ],
    })
    await tenant.write((search) => search.index([entry]))
    assert.equal((await tenant.search.query({ text: '"widget flange"' })).total, 0)
  })
})

describe('entries and transactions', () => {
  let cluster: OwnCluster
  before(async () => {
    cluster = await startCluster()
  })
  after(() => cluster.stop())

  it('an entry is found by its own transaction at once, by others after the commit', async () => {
    await using tenant = await aSearchTenant(cluster)
    await tenant.write(async (search) => {
      await search.index([anEntry('walrus')])
      assert.equal((await search.query({ text: 'walrus' })).total, 1)
      assert.equal((await tenant.search.query({ text: 'walrus' })).total, 0)
      assert.equal((await tenant.elsewhere().query({ text: 'walrus' })).total, 0)
    })
    assert.equal((await tenant.search.query({ text: 'walrus' })).total, 1)
    assert.equal((await tenant.elsewhere().query({ text: 'walrus' })).total, 1)
  })

  it('what was rolled back was never there, whatever the cache saw', async () => {
    await using tenant = await aSearchTenant(cluster)
    const kept = anEntry('walrus kept')
    await tenant.write((search) => search.index([kept]))
    await assert.rejects(
      tenant.write(async (search) => {
        await search.index([anEntry('walrus gone')])
        await search.remove({ entries: [kept.id] })
        const { hits } = await search.query({ text: 'walrus' })
        assert.equal(hits.length, 1)
        assert.notEqual(hits[0]?.entry, kept.id)
        throw new Error('no')
      }),
      /no/,
    )
    const { hits } = await tenant.search.query({ text: 'walrus' })
    assert.deepEqual(
      hits.map(({ entry }) => entry),
      [kept.id],
    )
  })

  it('what is removed vanishes at once, and what is indexed after stays', async () => {
    await using tenant = await aSearchTenant(cluster)
    const owner = newId()
    const one = anEntry('walrus one', { owner })
    const other = anEntry('walrus other')
    await tenant.write((search) => search.index([one, anEntry('walrus two', { owner }), other]))
    await tenant.write(async (search) => {
      await search.remove({ owner })
      await search.index([{ ...one, fields: [{ text: 'walrus again', weight: 1 }] }])
    })
    const { hits, total } = await tenant.search.query({ text: 'walrus' })
    assert.equal(total, 2)
    assert.deepEqual(new Set(hits.map(({ entry }) => entry)), new Set([one.id, other.id]))
    await tenant.write((search) => search.remove({ entries: [one.id, other.id] }))
    assert.equal((await tenant.search.query({ text: 'walrus' })).total, 0)
    assert.equal((await tenant.search.query({ text: 'walurs ' })).suggestion, null)
  })

  it('one tenant finds nothing of another', async () => {
    await using one = await aSearchTenant(cluster)
    await using other = await aSearchTenant(cluster)
    await one.write((search) => search.index([anEntry('walrus')]))
    assert.equal((await other.search.query({ text: 'walrus' })).total, 0)
  })

  it('nothing is answered, and nothing stays opened, once the keys are gone', async () => {
    await using tenant = await aSearchTenant(cluster)
    await tenant.write((search) => search.index([anEntry('walrus')]))
    await tenant.search.query({ text: 'walrus' })
    assert.ok(tenant.cache.bytes > 0)
    tenant.keys.end()
    await assert.rejects(tenant.search.query({ text: 'walrus' }), /keeper_unavailable/)
    assert.equal(tenant.cache.bytes, 0)
  })
})
