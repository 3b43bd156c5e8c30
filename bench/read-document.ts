/** A document in a house, read already, so that it can be opened and snipped: made by the operations themselves. */

import { fromApi } from '#core/ids.ts'
import { beginReading, endReading, storePages } from '#knowledge/documents/store-pages.ts'
import { fileForm } from '#test/ask.ts'
import { onePagePdf } from '#test/one-page-pdf.ts'
import type { OwnHouse, Resident } from '#test/own-house.ts'

export const SENTENCE = 'A tenant is a wall built three times'

/** Adds a document of one page that says {@link SENTENCE}; answers its id at the API. */
export async function aReadDocument(house: OwnHouse, resident: Resident): Promise<string> {
  const form = fileForm('wall.pdf', onePagePdf(SENTENCE))
  const added = await house.app.inject({
    method: 'POST',
    url: '/v1/documents',
    headers: { authorization: `Bearer ${resident.token}`, 'content-type': form.type },
    payload: form.bytes,
  })
  if (added.statusCode !== 201) throw new Error(`adding answered ${added.statusCode}: ${added.body}`)
  const id: string = added.json().id
  const document = fromApi('doc', id)
  const origin = { ip: '127.0.0.1', userAgent: 'bench' }
  const actor = await house.ctx.credentials.actorOf(resident.token, 's', {
    region: 'eu',
    origin,
    requestId: 'bench',
  })
  // Index, left, top, height, then the advance of each character, in tenths of a point.
  const run = [0, 720, 1000, 180, ...Array.from(SENTENCE, () => 90)]
  await house.ctx.write(actor, (tx) => beginReading(tx, document, 1))
  await house.ctx.write(actor, (tx) =>
    storePages(tx, document, [
      { kind: 'page', page: 1, width: 595, height: 842, text: SENTENCE, runs: [run] },
    ]),
  )
  await house.ctx.write(actor, (tx) =>
    endReading(tx, document, { state: 'ready', pages: 1, isRepaired: false }),
  )
  return id
}
