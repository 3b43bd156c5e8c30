/**
 * For every path with an id in it: the id of a record that another tenant really has, and one that nobody has.
 * A route with an id of a kind that is not listed here fails its door test until it is.
 */
import { fileForm } from '../ask.ts'
import { until } from '../drained.ts'
import type { DemoTenant, Installation } from '../installation.ts'
import { onePagePdf } from '../one-page-pdf.ts'
import { expectStatus } from '../people.ts'

export interface RecordIds {
  /** Of the tenant whose records they are. */
  readonly foreign: string
  /** Of nobody, of the same form. */
  readonly nobody: string
}

export type RecordsByNoun = ReadonlyMap<string, RecordIds>

/** Records of `tenant` by the noun that stands before the id in a path. */
export async function recordsOf(
  installation: Installation,
  tenant: DemoTenant,
  session: string,
): Promise<RecordsByNoun> {
  const { ask } = installation
  const get = async (path: string) => {
    const reply = await ask(`${tenant.url}${path}`, { session })
    expectStatus(reply, 200)
    return reply.json
  }
  // Signing in from somewhere new is told.
  const elsewhere = { headers: { 'user-agent': 'a door nobody used before' }, json: tenant.owner }
  expectStatus(await ask(`${tenant.url}/v1/sessions`, elsewhere), 201)
  const form = fileForm('door.pdf', onePagePdf('A page that belongs to somebody else'))
  const added = await ask(`${tenant.url}/v1/documents`, { session, body: form })
  expectStatus(added, 201)
  const rect = { x: 50, y: 50, width: 100, height: 100 }
  const snipped = await ask(`${tenant.url}/v1/snips`, {
    session,
    json: { documentId: added.json.id, page: 1, kind: 'area', rects: [rect] },
  })
  const snip = snipped.status === 201 ? snipped.json.id : (await get('/v1/snips')).items[0].id
  const asked = await ask(`${tenant.url}/v1/exports`, { session, json: { kind: 'audit' } })
  expectStatus(asked, 202)
  const headers = { 'tus-resumable': '1.0.0', 'upload-length': '1000' }
  const upload = await ask(`${tenant.url}/v1/uploads`, { session, method: 'POST', headers })
  expectStatus(upload, 201)
  const doomed = fileForm('doomed.pdf', onePagePdf('A page that is destroyed'))
  const { id: gone } = (await ask(`${tenant.url}/v1/documents`, { session, body: doomed })).json
  expectStatus(await ask(`${tenant.url}/v1/documents/${gone}`, { session, method: 'DELETE' }), 204)
  const destruction = await until(
    async () => (await get(`/v1/destructions?subject=${gone}`)).items[0]?.id,
    'the job that destroys a key',
  )
  const hook = await ask(`${tenant.url}/v1/webhooks`, {
    session,
    json: { name: 'Door', url: 'https://localhost:1/hook', types: ['core.key.created'] },
  })
  expectStatus(hook, 201)
  const delivery = await ask(`${tenant.url}/v1/webhooks/${hook.json.id}/tests`, { session, method: 'POST' })
  expectStatus(delivery, 202)
  const paused = await ask(`${tenant.url}/v1/webhooks/${hook.json.id}`, {
    session,
    method: 'PATCH',
    json: { state: 'paused' },
  })
  expectStatus(paused, 200)
  const found: Record<string, string> = {
    webhooks: hook.json.id,
    deliveries: delivery.json.id,
    documents: added.json.id,
    uploads: upload.json.id,
    records: added.json.id,
    snips: snip,
    people: (await get('/v1/people')).items[0].id,
    sessions: (await get('/v1/sessions')).items[0].id,
    'api-keys': (await get('/v1/api-keys')).items[0].id,
    secrets: (await get('/v1/api-keys')).items[0].secrets[0].id,
    activity: asked.json.activityId,
    exports: asked.json.id,
    notifications: (await get('/v1/notifications')).items[0].id,
    destructions: destruction,
    audit: (await get('/v1/audit')).items[0].id,
    // The outbox's address belongs to the installation; this is nobody's.
    outbox: 'n'.repeat(43),
  }
  return new Map([
    ...Object.entries(found).map(
      ([noun, foreign]) => [noun, { foreign, nobody: nobodyLike(foreign) }] as const,
    ),
    // What belongs to the region and not to a tenant: everybody sees the same, so both are of nobody.
    ['claims', { foreign: 'PX-98', nobody: 'PX-99' }] as const,
    [
      'certificates',
      { foreign: nobodyLike(destruction), nobody: nobodyLike(asked.json.id).replace('exp', 'des') },
    ] as const,
    ['evidence', { foreign: 'nothing-here', nobody: 'nobody-there' }] as const,
    ['evidence-log', { foreign: '999999999998', nobody: '999999999999' }] as const,
  ])
}

/** Another id of the same form, with the same time in it, that no record has. */
function nobodyLike(id: string): string {
  const tail = id.slice(-8)
  const other = [...tail].map((letter) => (letter === '0' ? '1' : '0')).join('')
  return `${id.slice(0, -8)}${other}`
}
