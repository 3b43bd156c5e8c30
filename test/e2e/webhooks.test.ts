import assert from 'node:assert/strict'
import type { IncomingHttpHeaders, RequestListener } from 'node:http'
import { text } from 'node:stream/consumers'
import { after, before, describe, it } from 'node:test'
import { Webhook as ForeignVerifier } from 'standardwebhooks'
import { until } from '../drained.ts'
import { type DemoTenant, type Installation, theInstallation } from '../installation.ts'
import { type OutsideWorld, openWorld, theAuthority } from '../outside-world.ts'
import { noBrowser, picture, visit } from './browser.ts'

interface Heard {
  readonly headers: IncomingHttpHeaders
  readonly body: string
}

describe('somebody who has another system told', { skip: noBrowser }, () => {
  let house: Installation
  let acme: DemoTenant
  let world: OutsideWorld
  let address: string
  let status = 500
  const heard: Heard[] = []
  const receive: RequestListener = async (request, response) => {
    heard.push({ headers: request.headers, body: await text(request) })
    response.writeHead(status).end(status === 500 ? 'The database of the ticket system is away.' : '')
  }

  before(async () => {
    house = await theInstallation()
    acme = house.tenants[0]
    world = await openWorld(() => null, theAuthority())
    address = `https://localhost:${(await world.https(receive)).port}/hook`
  })
  after(() => world?.stop())

  it('makes a webhook, sees why a message did not arrive, and sends it again', async () => {
    await using visited = await visit(house, acme, { as: acme.owner })
    const { page, troubles } = visited
    await page.goto('/settings/webhooks')
    await page
      .getByRole('button', { name: /^Make (a webhook|one)$/ })
      .first()
      .click()
    const dialog = page.getByRole('dialog')
    await dialog.getByLabel('Name').fill('Ticket system')
    await dialog.getByLabel('Address').fill(address)
    await dialog.getByRole('combobox', { name: 'Events' }).click()
    await page.getByRole('option', { name: 'A snip was captured' }).click()
    await page.keyboard.press('Escape')
    await dialog.getByRole('button', { name: 'Make a webhook' }).click()
    const secret = (await dialog.locator('code').textContent()) ?? ''
    assert.match(secret, /^whsec_/)
    await dialog.getByRole('button', { name: 'Done' }).click()
    await page.getByRole('link', { name: 'Ticket system' }).click()
    await page.getByText('Messages of the last 30 days').waitFor()

    // What happens goes out by the worker of the installation, signed for whoever has the secret.
    const snip = await captureSnip()
    const first = await until(async () => heard[0], 'the message')
    const told = new ForeignVerifier(secret).verify(first.body, first.headers as Record<string, string>)
    assert.equal((told as { data: { record: { id: string } } }).data.record.id, snip)
    assert.throws(() =>
      new ForeignVerifier(secret).verify(`${first.body} `, first.headers as Record<string, string>),
    )

    await page.reload()
    await page.getByText('Answered 500').waitFor()
    await page
      .getByRole('button', { name: /^Show the delivery of/ })
      .first()
      .click()
    await dialog.getByText('The database of the ticket system is away.').waitFor()
    await picture(page, 'journey-webhook')
    status = 204
    await dialog.getByRole('button', { name: 'Send again' }).click()
    const again = await until(async () => heard[1], 'the message again')
    assert.equal(again.headers['webhook-id'], first.headers['webhook-id'])
    assert.equal(again.body, first.body)
    await page.reload()
    await page.getByText('Answered 204').waitFor()
    await page.getByText('Delivered', { exact: true }).first().waitFor()
    assert.deepEqual(troubles, [])
  })

  /** A snip of a document of the demo; its id. */
  async function captureSnip(): Promise<string> {
    const key = { apiKey: acme.apiKey }
    const { json } = await house.ask(`${acme.url}/v1/documents?limit=100`, key)
    const document = json.items.find(({ state }: { state: string }) => state === 'ready')
    const made = await house.ask(`${acme.url}/v1/snips`, {
      ...key,
      json: {
        documentId: document.id,
        page: 1,
        kind: 'area',
        rects: [{ x: 60, y: 90, width: 200, height: 60 }],
        insight: 'Told elsewhere',
      },
    })
    assert.equal(made.status, 201, JSON.stringify(made.json))
    return made.json.id
  }
})
