// What a canary has of knowledge: one document of one page, a snip of it, and an upload that stays unfinished.
import type { CanaryAsk } from '#core/product.ts'

/** Adds the document, and the snip once the document was read. */
export async function furnishCanary(ask: CanaryAsk, word: string): Promise<void> {
  const documents = itemsOf((await ask({ method: 'GET', path: '/v1/documents?limit=1' })).json)
  const [document] = documents ?? []
  if (document === undefined) {
    if (documents === undefined) return
    const file = { name: `${word}.pdf`, type: 'application/pdf', bytes: onePage(word) }
    await ask({ method: 'POST', path: '/v1/documents', file })
    return
  }
  const uploads = itemsOf((await ask({ method: 'GET', path: '/v1/uploads' })).json)
  if (uploads?.length === 0) {
    const name = Buffer.from(`${word}.pdf`).toString('base64')
    const headers = {
      'tus-resumable': '1.0.0',
      'upload-length': '1000',
      'upload-metadata': `filename ${name}`,
    }
    await ask({ method: 'POST', path: '/v1/uploads', headers })
  }
  const snips = itemsOf((await ask({ method: 'GET', path: '/v1/snips?limit=1' })).json)
  if (snips === undefined || snips.length > 0) return
  const rects = [{ x: 50, y: 50, width: 100, height: 100 }]
  const about = { insight: word, note: word, tags: [word] }
  await ask({
    method: 'POST',
    path: '/v1/snips',
    json: { documentId: document, page: 1, kind: 'area', rects, ...about },
  })
}

/** Ids of a list; undefined when the answer is none. */
function itemsOf(json: unknown): unknown[] | undefined {
  if (typeof json !== 'object' || json === null || !('items' in json) || !Array.isArray(json.items))
    return undefined
  return json.items.map((item: unknown) =>
    typeof item === 'object' && item !== null && 'id' in item ? item.id : null,
  )
}

/** A PDF that says one word. */
function onePage(word: string): Buffer {
  const text = `BT /F1 18 Tf 72 720 Td (${word}) Tj ET`
  const objects = [
    '<< /Type /Catalog /Pages 2 0 R >>',
    '<< /Type /Pages /Kids [3 0 R] /Count 1 >>',
    '<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Contents 4 0 R /Resources << /Font << /F1 5 0 R >> >> >>',
    `<< /Length ${text.length} >>\nstream\n${text}\nendstream`,
    '<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>',
  ]
  let body = '%PDF-1.4\n'
  let table = ''
  for (const [index, object] of objects.entries()) {
    table += `${String(body.length).padStart(10, '0')} 00000 n \n`
    body += `${index + 1} 0 obj\n${object}\nendobj\n`
  }
  const head = `xref\n0 ${objects.length + 1}\n0000000000 65535 f \n`
  const tail = `trailer\n<< /Size ${objects.length + 1} /Root 1 0 R >>\nstartxref\n${body.length}\n%%EOF\n`
  return Buffer.from(body + head + table + tail, 'latin1')
}
