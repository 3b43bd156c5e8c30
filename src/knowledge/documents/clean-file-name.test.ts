import assert from 'node:assert/strict'
import { test } from 'node:test'
import { cleanFileName, cleanTitle, titleOfFile } from './clean-file-name.ts'

test('a name loses its path, what cannot be seen, and nothing else', () => {
  const cases: [string, string][] = [
    ['report.pdf', 'report.pdf'],
    ['../../etc/passwd', 'passwd'],
    ['C:\\Users\\eva\\Avtal 2026.pdf', 'Avtal 2026.pdf'],
    ['in\u0000voice\r\n\u001b[31m.pdf', 'invoice [31m.pdf'],
    ['photo\u202egpj.pdf', 'photogpj.pdf'],
    ['a\u200bb\ufeff.pdf', 'ab.pdf'],
    ['A\u030angstro\u0308m.pdf', 'Ångström.pdf'],
    ['契約書 最終.pdf', '契約書 最終.pdf'],
    ['\ud800broken.pdf', '\ufffdbroken.pdf'],
    ['..', 'document.pdf'],
    ['/', 'document.pdf'],
    ['', 'document.pdf'],
    ['<img src=x onerror=alert(1)>.pdf', '<img src=x onerror=alert(1)>.pdf'],
  ]
  for (const [given, kept] of cases) assert.equal(cleanFileName(given), kept)
})

test('a name of 4,000 characters is cut to 255 and keeps its extension', () => {
  const kept = cleanFileName(`${'å'.repeat(4_000)}.pdf`)
  assert.equal([...kept].length, 255)
  assert.ok(kept.endsWith('å.pdf'))
  assert.equal([...cleanFileName('😀'.repeat(4_000))].length, 255)
})

test('a title is one line, taken from the name when nobody gave one', () => {
  assert.equal(titleOfFile('Annual_report_2026.PDF'), 'Annual report 2026')
  assert.equal(titleOfFile('.pdf'), '.pdf')
  assert.equal(cleanTitle(' two\nlines\t\u202e '), 'two lines')
})
