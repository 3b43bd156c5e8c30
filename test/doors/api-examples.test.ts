import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { before, describe, it } from 'node:test'
import { promisify } from 'node:util'
import { allRoutes } from '#server/route-table.ts'
import { type DemoTenant, type Installation, theInstallation } from '../installation.ts'
import { ownerSession } from '../people.ts'

const run = promisify(execFile)
/** Of a link that was mailed to nobody. */
const OF_NOTHING: Readonly<Record<string, number>> = { readVerification: 404, readPasswordReset: 404 }

describe('the API reference', () => {
  let house: Installation
  let acme: DemoTenant
  let page: string
  let token: string
  before(async () => {
    house = await theInstallation()
    acme = house.tenants[0]
    token = await ownerSession(house, acme)
    page = String((await house.ask(`${acme.url}/docs/api`)).bytes)
  })

  function exampleOf(operationId: string): string {
    const article = new RegExp(`<article id="${operationId}".*?</article>`, 's').exec(page)?.[0] ?? ''
    const code = /<pre tabindex="0"><code>(curl [\s\S]*?)<\/code>/.exec(article)?.[1] ?? ''
    return code.replace(/&#(\d+);/g, (_, letter) => String.fromCharCode(Number(letter)))
  }

  /** The status that a shell gets for an example. */
  async function statusOf(example: string): Promise<number> {
    const env = { PATH: process.env.PATH ?? '', URL: acme.url, KEY: acme.apiKey, TOKEN: token, CA: house.ca }
    const { stdout } = await run('sh', ['-ec', `${example} -o /dev/null -w '%{http_code}'`], { env })
    return Number(stdout)
  }

  const reads = allRoutes().filter(({ method, url }) => method === 'GET' && !url.includes(':'))
  for (const { operationId } of reads)
    it(`has an example of ${operationId} that can be pasted into a shell`, async () => {
      assert.equal(await statusOf(exampleOf(operationId)), OF_NOTHING[operationId] ?? 200)
    })

  it('shows a session where no key will do', () => {
    assert.match(exampleOf('listSessions'), /Bearer \$TOKEN/)
    assert.match(exampleOf('destroyOrganisation'), /Bearer \$TOKEN/)
    assert.match(exampleOf('listDocuments'), /API-Key \$KEY/)
  })

  it('has an example of a change that can be pasted, too', async () => {
    assert.equal(await statusOf(exampleOf('openSession')), 401, 'nobody has that password')
    assert.equal(await statusOf(exampleOf('createExport')), 202)
  })
})
