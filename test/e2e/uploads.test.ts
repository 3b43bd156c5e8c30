import assert from 'node:assert/strict'
import { mkdtempSync, rmSync, truncateSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, describe, it } from 'node:test'
import type { Page } from 'playwright-core'
import { LARGEST_FILE } from '#knowledge/documents/check-upload.ts'
import { until } from '../drained.ts'
import { type DemoTenant, type Installation, theInstallation } from '../installation.ts'
import { largePdf } from '../large-pdf.ts'
import { anOrganisation, ownerSession } from '../people.ts'
import { noBrowser, picture, visit } from './browser.ts'

const MB = 2 ** 20
const SIZE = 12 * MB
/** So slow that there is time to do something in the middle, bytes a second. */
const SLOW = 3 * MB

describe('somebody who adds a file over a network that breaks', { skip: noBrowser }, () => {
  const folder = mkdtempSync(join(tmpdir(), 'panoply-e2e-uploads-'))
  let house: Installation
  let tenant: DemoTenant
  let session: string
  before(async () => {
    house = await theInstallation()
    tenant = await anOrganisation(house, 'uploads-by-browser.example', house.tenants[0])
    session = await ownerSession(house, tenant)
  })
  after(() => rmSync(folder, { recursive: true, force: true }))

  function aFile(name: string): string {
    const path = join(folder, name)
    writeFileSync(path, largePdf(SIZE))
    return path
  }

  const open = async () => (await house.ask(`${tenant.url}/v1/uploads`, { session })).json.items

  /** Sets what the network does, from a page's point of view. */
  async function networkOf(page: Page) {
    const devtools = await page.context().newCDPSession(page)
    const network = (offline: boolean, uploadThroughput: number) =>
      devtools.send('Network.emulateNetworkConditions', {
        offline,
        latency: 0,
        downloadThroughput: -1,
        uploadThroughput,
      })
    await devtools.send('Network.enable')
    return {
      slow: () => network(false, SLOW),
      lost: () => network(true, SLOW),
      back: () => network(false, -1),
    }
  }

  /** Adds a file in the library over a slow network; resolves when a part of it is safe on the server. */
  async function begin(page: Page, path: string) {
    await page.goto('/knowledge')
    await page.getByRole('heading', { name: 'Library' }).waitFor()
    // In an empty library the button moves into the first step once that is known.
    await page.waitForLoadState('networkidle')
    const network = await networkOf(page)
    await network.slow()
    await page.locator('input[type=file]').first().setInputFiles(path)
    await page.getByText(/ of [0-9.]+\sMB, /).waitFor()
    await until(async () => {
      const shown = await page.getByRole('progressbar').first().getAttribute('aria-valuenow')
      return Number(shown) > 30 ? true : undefined
    }, 'a third of the file to be sent')
    return network
  }

  it('sees what is safe, and that it goes on by itself when the network is back', async () => {
    await using visited = await visit(house, tenant, { as: tenant.owner })
    const { page } = visited
    const offsets = offsetsOf(page)
    const network = await begin(page, aFile('Board minutes, March.pdf'))
    await network.lost()
    await page.getByText(/^Connection lost at /).waitFor()
    await picture(page, 'uploads-interrupted-1440-light')
    await network.back()
    await page.getByText('Stored', { exact: true }).waitFor()
    assert.ok((offsets.at(-1) ?? 0) > 0, `went on from ${offsets}`)
    assert.deepEqual(await open(), [])
  })

  it('pauses, goes on, and finds nothing sent twice', async () => {
    await using visited = await visit(house, tenant, { as: tenant.owner, width: 360, scheme: 'dark' })
    const { page, troubles } = visited
    const offsets = offsetsOf(page)
    await begin(page, aFile('Supply agreement Nordhavn, signed copy.pdf'))
    await page.getByRole('button', { name: /^Pause the upload of/ }).click()
    await page.getByText(/^Paused at /).waitFor()
    await picture(page, 'uploads-paused-360-dark')
    await until(
      async () => ((await open())[0]?.isReceiving === false ? true : undefined),
      'the server to know',
    )
    await page.getByRole('button', { name: /^Go on with the upload of/ }).click()
    await page.getByText('Stored', { exact: true }).waitFor()
    assert.ok((offsets.at(-1) ?? 0) > 0, `went on from ${offsets}`)
    assert.deepEqual(troubles, [])
  })

  it('goes on after the page was loaded again, with the same file', async () => {
    await using visited = await visit(house, tenant, { as: tenant.owner })
    const { page } = visited
    page.on('dialog', (dialog) => void dialog.accept())
    const offsets = offsetsOf(page)
    const path = aFile('Tender, annex 4.pdf')
    await begin(page, path)
    await page.reload()
    await page.getByText(/ are here\. Choose the same file again to go on\.$/).waitFor()
    await picture(page, 'uploads-left-1440-light')
    const choosing = page.waitForEvent('filechooser')
    await page.getByRole('button', { name: /^Choose the file/ }).click()
    await (await choosing).setFiles(path)
    await page.getByText('Stored', { exact: true }).waitFor()
    assert.ok((offsets.at(-1) ?? 0) > 0, `went on from ${offsets}`)
    const { json } = await house.ask(`${tenant.url}/v1/documents?q=Tender`, { session })
    assert.deepEqual(
      json.items.map(({ size }: { size: number }) => size),
      [SIZE],
    )
  })

  it('may add 100 MB, as the server counts them, and hears at once of a byte more', async () => {
    await using visited = await visit(house, tenant, { as: tenant.owner })
    const { page } = visited
    // Holes, so that nothing is written; the server refuses them for what they are, which the page cannot know.
    for (const [name, more] of [
      ['whole.pdf', 0],
      ['more.pdf', 1],
    ] as const)
      truncateSync(emptyFile(join(folder, name)), LARGEST_FILE + more)
    await page.goto('/knowledge')
    await page.getByRole('heading', { name: 'Library' }).waitFor()
    await page.waitForLoadState('networkidle')
    const input = page.locator('input[type=file]').first()
    await input.setInputFiles([join(folder, 'whole.pdf'), join(folder, 'more.pdf')])
    await page.getByText(/The file is larger than 100 MB\. Nothing was sent\./).waitFor()
    // All of it is sent, sealed and kept before it is looked at.
    await page.getByText('not_a_pdf').waitFor({ timeout: 120_000 })
    await page.getByText('2 files were not added').waitFor()
    assert.deepEqual(await open(), [])
  })

  it('cancels, and nothing of it is left on the server', async () => {
    await using visited = await visit(house, tenant, { as: tenant.owner, width: 360 })
    const { page, troubles } = visited
    await begin(page, aFile('Draft, not this one.pdf'))
    await page.getByRole('button', { name: /^Cancel the upload of/ }).click()
    await page.getByText('Cancelled. Nothing was kept.').waitFor()
    await until(async () => ((await open()).length === 0 ? true : undefined), 'the server to forget it')
    assert.deepEqual(troubles, [])
  })
})

function emptyFile(path: string): string {
  writeFileSync(path, '')
  return path
}

/** Where the page's requests with bytes began. */
function offsetsOf(page: Page): number[] {
  const offsets: number[] = []
  page.on('request', (request) => {
    if (request.method() === 'PATCH') offsets.push(Number(request.headers()['upload-offset']))
  })
  return offsets
}
