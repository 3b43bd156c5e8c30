import assert from 'node:assert/strict'
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Readable } from 'node:stream'
import { after, before, test } from 'node:test'
import { deflateSync } from 'node:zlib'
import type { ChildCaps, ParserPlace } from '#core/jobs/capped-child.ts'
import { findConfinement } from '#core/jobs/confinement.ts'
import { openWorkRoot } from '#core/jobs/work-folder.ts'
import { onePagePdf } from '#test/one-page-pdf.ts'
import { corpusPath } from '#test/vectors/corpus.ts'
import { drawPdf, type PdfPage, type PdfSource, PdfUnreadable, readPdf } from './read-pdf.ts'

let place: ParserPlace
let runFolder: string

before(async () => {
  runFolder = mkdtempSync(join(tmpdir(), 'panoply-read-'))
  place = { workRoot: await openWorkRoot(runFolder), confinement: await findConfinement() }
})
after(() => {
  rmSync(place.workRoot, { recursive: true, force: true })
  rmSync(runFolder, { recursive: true, force: true })
})

function source(bytes: Uint8Array, caps: Partial<ChildCaps> = {}): PdfSource {
  return { input: Readable.from([bytes]), size: bytes.length, ...place, caps }
}

async function pagesOf(bytes: Uint8Array, caps?: Partial<ChildCaps>, from = 1): Promise<PdfPage[]> {
  const pages: PdfPage[] = []
  for await (const frame of readPdf(source(bytes, caps), from)) if (frame.kind === 'page') pages.push(frame)
  return pages
}

async function reasonOf(work: Promise<unknown>): Promise<string> {
  const error: unknown = await work.then(
    () => 'no error',
    (reason: unknown) => reason,
  )
  assert.ok(error instanceof PdfUnreadable, String(error))
  return error.reason
}

test('a page comes with its text and where each letter stands', async () => {
  const [page] = await pagesOf(onePagePdf('Wide will'))
  assert.deepEqual([page?.page, page?.width, page?.height, page?.text.trim()], [1, 595, 842, 'Wide will'])
  const [index, left, , , ...advances] = page?.runs[0] ?? []
  assert.deepEqual([index, left, advances.length], [0, 720, 9])
  // Helvetica: W is 944 thousandths of the size wide, i is 222.
  assert.deepEqual([advances[0], advances[1]], [170, 40])
})

test('a turned page is measured as it is shown', async () => {
  const turned = onePagePdf('Sideways').toString('latin1').replace('/MediaBox', '/Rotate 90 /MediaBox')
  const [page] = await pagesOf(Buffer.from(turned, 'latin1'))
  assert.deepEqual([page?.width, page?.height], [842, 595])
  const [, left = 0, top = 0] = page?.runs[0] ?? []
  assert.ok(left > 7000 && left < 7500 && top > 700 && top < 760, `${left} ${top}`)
})

test('reading goes on from a page', async () => {
  const pages = await pagesOf(onePagePdf('One', 'Two', 'Three'), {}, 3)
  assert.deepEqual(
    pages.map(({ page, text }) => [page, text.trim()]),
    [[3, 'Three']],
  )
})

test('a page and a part of it are drawn at the width asked for', async () => {
  const bytes = onePagePdf('Draw me')
  const whole = await drawPdf(source(bytes), { page: 1, width: 595 })
  assert.deepEqual([whole.width, whole.height, whole.png.subarray(1, 4).toString()], [595, 842, 'PNG'])
  const part = await drawPdf(source(bytes), {
    page: 1,
    width: 200,
    crop: { x: 60, y: 90, width: 100, height: 50 },
  })
  assert.deepEqual([part.width, part.height], [200, 100])
})

test('what cannot be read says why', async () => {
  assert.equal(await reasonOf(pagesOf(Buffer.from('%PDF-1.7\nnothing else'))), 'damaged')
  assert.equal(await reasonOf(pagesOf(onePagePdf('Cut').subarray(0, 90))), 'damaged')
  assert.equal(await reasonOf(pagesOf(onePagePdf('Slow'), { wallMilliseconds: 1 })), 'too_slow')
  assert.equal(await reasonOf(pagesOf(onePagePdf('Much'), { outputBytes: 100 })), 'too_much_text')
})

test('a page that unpacks to half a gigabyte ends by memory', async () => {
  const packed = deflateSync(deflateSync(Buffer.alloc(2 ** 29, ' '), { level: 1 }))
  const head = onePagePdf('Bomb').toString('latin1')
  const [start, rest] = head.split(/<< \/Length \d+ >>\nstream\n.*\nendstream/s)
  const stream = `<< /Filter [/FlateDecode /FlateDecode] /Length ${packed.length} >>\nstream\n`
  const bomb = Buffer.concat([
    Buffer.from(start + stream, 'latin1'),
    packed,
    Buffer.from(`\nendstream${rest}`, 'latin1'),
  ])
  assert.equal(await reasonOf(pagesOf(bomb, { memoryBytes: 256 * 2 ** 20 })), 'too_much_memory')
})

test('ten thousand pages pass through in little memory', async () => {
  const before = process.memoryUsage.rss()
  let pages = 0
  let most = 0
  const bytes = onePagePdf(...Array.from({ length: 10_000 }, (_, index) => `Page ${index + 1}`))
  for await (const frame of readPdf(source(bytes))) {
    if (frame.kind !== 'page') continue
    pages++
    assert.equal(frame.text.trim(), `Page ${pages}`)
    if (pages % 500 === 0) most = Math.max(most, process.memoryUsage.rss())
  }
  assert.equal(pages, 10_000)
  assert.ok(most - before < 128 * 2 ** 20, `${Math.round((most - before) / 2 ** 20)} MiB more`)
})

test('PDFs that broke other readers are read or refused, and harm nobody', { timeout: 600_000 }, async () => {
  const files = readdirSync(corpusPath('pdfjs')).filter((name) => name.endsWith('.pdf'))
  let opened = 0
  for (const name of files) {
    const bytes = readFileSync(corpusPath('pdfjs', name))
    await pagesOf(bytes, { cpuSeconds: 30 }).then(
      () => opened++,
      (error: unknown) => assert.ok(error instanceof PdfUnreadable, name),
    )
  }
  assert.ok(files.length >= 15 && opened >= files.length * 0.8, `${opened} of ${files.length}`)
})
