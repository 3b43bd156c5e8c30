// Puts every PDF of the public corpora through the capped child and prints what became of each.
// Usage: node scripts/prove-parser.ts [FOLDER …]   Ends with status 1 when this process was harmed by any of them.
import { createReadStream, mkdtempSync, readdirSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { findConfinement } from '#core/jobs/confinement.ts'
import { openWorkRoot } from '#core/jobs/work-folder.ts'
import { drawPdf, PdfUnreadable, readPdf } from '#knowledge/documents/read-pdf.ts'

const corpora = process.env.CORPORA ?? '../shared/corpora'
const folders =
  process.argv.length > 2 ? process.argv.slice(2) : [join(corpora, 'pdfjs'), join(corpora, 'tika')]
const files = folders.flatMap((folder) =>
  readdirSync(folder)
    .filter((name) => name.toLowerCase().endsWith('.pdf'))
    .sort()
    .map((name) => join(folder, name)),
)
const runFolder = mkdtempSync(join(tmpdir(), 'panoply-prove-'))
const place = { workRoot: await openWorkRoot(runFolder), confinement: await findConfinement() }
const counts = new Map<string, number>()
const count = (what: string, by = 1): void => void counts.set(what, (counts.get(what) ?? 0) + by)
const began = performance.now()
let peak = 0

for (const file of files) {
  const size = statSync(file).size
  const source = () => ({ input: createReadStream(file), size, ...place, caps: { wallMilliseconds: 60_000 } })
  const start = performance.now()
  try {
    for await (const frame of readPdf(source())) {
      if (frame.kind === 'opened') count(frame.isRepaired ? 'opened, repaired' : 'opened')
      else count('pages')
      if (frame.kind === 'page') count('characters', frame.text.length)
    }
    await drawPdf(source(), { page: 1, width: 640 }).then(
      () => count('first page drawn'),
      (error: unknown) => {
        if (!(error instanceof PdfUnreadable)) throw error
        console.log(`${file}: first page not drawn, ${error.reason}`)
      },
    )
  } catch (error) {
    if (!(error instanceof PdfUnreadable)) throw error
    count(`refused: ${error.reason}`)
    console.log(`${file}: ${error.reason}`)
  }
  const took = performance.now() - start
  if (took > 5_000) console.log(`${file}: ${Math.round(took)} ms`)
  peak = Math.max(peak, process.memoryUsage.rss())
}
rmSync(place.workRoot, { recursive: true, force: true })
rmSync(runFolder, { recursive: true, force: true })
for (const [what, times] of counts) console.log(`${what}: ${times}`)
console.log(
  `${files.length} files, ${Math.round((performance.now() - began) / 1000)} s, parent at most ${Math.round(peak / 2 ** 20)} MiB`,
)
