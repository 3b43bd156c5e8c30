import assert from 'node:assert/strict'
import { cpSync, existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { restoreKeeper } from '#admin/restore-keeper.ts'
import { reindexTask } from '#core/destruction/reindex.job.ts'
import { fromApi, newId } from '#core/ids.ts'
import { checkCode, makeRecoveryKit } from '#core/keys/recovery-kit.ts'
import { eraseDocumentTask } from '#knowledge/documents/erase-document.job.ts'
import { onePagePdf } from '../one-page-pdf.ts'
import { type OwnLibrary, openLibrary } from '../own-library.ts'

const minute = 60_000
const fault = { name: 'KeeperFault' }

let library: OwnLibrary
let folder = ''
before(async () => {
  library = await openLibrary()
  folder = mkdtempSync(join(tmpdir(), 'panoply-kit-'))
})
after(async () => {
  await library.stop()
  rmSync(folder, { recursive: true, force: true })
})

test('a lost keeper comes back from kit and newest replica; an older one is refused, or forgets again and says so', async () => {
  const { house } = library
  const { keeper } = house
  const place = { home: folder, rootKeyFile: keeper.rootKeyFile, keeperFolder: keeper.folder }
  const person = await library.aResident()
  const kept = (await library.add(person, onePagePdf('Survives the machine'), 'kept.pdf')).json.id
  const destroyOne = async () => {
    const { id } = (await library.add(person, onePagePdf(`Doomed ${newId()}`), 'doomed.pdf')).json
    await library.ask(person, 'DELETE', `/v1/documents/${id}`)
    await library.run(person, eraseDocumentTask, fromApi('doc', id))
    house.passTime(12 * minute)
    await library.run(person, reindexTask, newId())
  }
  const kit = makeRecoveryKit(place, new Date())
  assert.equal(kit.code, checkCode(readFileSync(keeper.rootKeyFile)))
  assert.ok(!readFileSync(keeper.rootKeyFile, 'utf8').includes(kit.code))

  // A copy of the whole folder from after the roll and before the forgetting: it opens what lives, and what was forgotten too.
  await destroyOne()
  const between = join(folder, 'between')
  assert.equal(
    await house
      .destroyer(async (step) => {
        if (step === 'forget') cpSync(keeper.folder, between, { recursive: true })
      })
      .round(),
    1,
  )
  const epochs = async () => (await keeper.as('cell').ask('status', {})).regions[0]?.epochs
  assert.deepEqual(await epochs(), [2])
  const newest = join(folder, 'newest')
  cpSync(keeper.folder, newest, { recursive: true })

  // The machine is lost; what the kit has of the state is older than the destruction.
  const config = {
    rootKeyToken: null,
    rootKeyFile: keeper.rootKeyFile,
    keeperFolder: keeper.folder,
    hasSystemUsers: false,
  }
  await keeper.keeper.stop()
  rmSync(keeper.folder, { recursive: true })
  rmSync(keeper.rootKeyFile)
  const state = join(newest, 'state.sealed')
  const done = await restoreKeeper(config, { kit, states: [join(between, 'state.sealed'), state] })
  assert.equal(done.from, state)
  assert.deepEqual(done.epochs, { eu: [2] })
  assert.ok(existsSync(join(keeper.folder, 'replica', 'state.sealed')))
  await keeper.start()
  house.passTime(11 * minute)
  assert.equal((await library.ask(person, 'GET', `/v1/documents/${kept}/content`)).status, 200)

  // A copy from between roll and forgetting holds what was forgotten, and nobody beside it knows: the region has it forgotten again at once.
  await keeper.keeper.stop()
  rmSync(keeper.folder, { recursive: true })
  cpSync(between, keeper.folder, { recursive: true })
  await keeper.start()
  assert.deepEqual(await epochs(), [1, 2])
  assert.equal(await house.destroyer().round(), 0)
  assert.deepEqual(await epochs(), [2])

  // An older state beside a log that knows better is refused, by the command and by the keeper itself.
  await destroyOne()
  await house.destroyer().round()
  assert.deepEqual(await epochs(), [3])
  await keeper.keeper.stop()
  const log = join(keeper.folder, 'log')
  for (const at of [keeper.folder, join(keeper.folder, 'replica')]) cpSync(state, join(at, 'state.sealed'))
  await assert.rejects(restoreKeeper(config, { kit, states: [state] }), fault)
  await assert.rejects(keeper.start(), fault)

  // With its log gone, too, nobody beside it knows. The region does: it says so, and nothing is forgotten or certified on such a keeper.
  rmSync(log, { recursive: true })
  await keeper.start()
  assert.deepEqual(await epochs(), [2])
  await assert.rejects(house.destroyer().round(), /older than its region/)
  const answer = await library.ask(person, 'GET', `/v1/documents/${kept}/content`)
  assert.ok([200, 410].includes(answer.status), 'lent keys work to their end')
})
