/** Large files for tests: real PDFs of an exact size, each another one. */
import { randomBytes } from 'node:crypto'
import { onePagePdf } from './one-page-pdf.ts'

/** A PDF with one page and an object nobody refers to, of exactly so many bytes and different each time. */
export function largePdf(size: number): Buffer {
  const pdf = onePagePdf('A large file').toString('latin1')
  const table = pdf.lastIndexOf('xref\n0 ')
  const front = pdf.slice(0, table)
  const make = (padding: number): readonly [string, string] => {
    const head = `99 0 obj\n<< /Length ${padding} >>\nstream\n`
    const tail = '\nendstream\nendobj\n'
    const at = table + head.length + padding + tail.length
    return [front + head, tail + pdf.slice(table).replace(/startxref\n\d+/, `startxref\n${at}`)]
  }
  let padding = size
  let [head, tail] = make(padding)
  while (head.length + padding + tail.length !== size) {
    padding += size - (head.length + padding + tail.length)
    ;[head, tail] = make(padding)
  }
  return Buffer.concat([Buffer.from(head, 'latin1'), randomBytes(padding), Buffer.from(tail, 'latin1')])
}
