import assert from 'node:assert/strict'
import { test } from 'node:test'
import { boundaryOf, watchForm } from './watch-form.ts'

const head = (name: string, more = '') =>
  `--mark\r\nContent-Disposition: form-data; name="${name}"\r\n${more}\r\n`
const whole = `${head('title')}A title\r\n${head('file', 'Content-Type: application/pdf\r\n')}%PDF--mark\r\n--mar\r\n--mark--\r\n`

/** What the watch says of a form that arrives in pieces of so many bytes. */
function seen(text: string, size = text.length) {
  const watch = watchForm('mark')
  const bytes = Buffer.from(text, 'latin1')
  for (let at = 0; at < bytes.length; at += size) {
    const fault = watch(bytes.subarray(at, at + size))
    if (fault) return fault
  }
  return undefined
}

test('an ordinary form passes, however it is cut into pieces', () => {
  for (let size = 1; size <= whole.length; size++) assert.equal(seen(whole, size), undefined, `${size}`)
  assert.equal(seen('--mark\r\n\r\n\r\n--mark--'), undefined)
})

test('too much around the parts is named, however it is cut into pieces', () => {
  const cases = {
    'A part of the form has too many headers.': [
      `${head('file', 'X-A: b\r\n'.repeat(3000))}x\r\n--mark--`,
      `${head('file', 'X-A: b\r\n'.repeat(17))}x\r\n--mark--`,
      `${head('file', `X-A: ${'b'.repeat(9000)}\r\n`)}x\r\n--mark--`,
      `--mark\r\nX-A: ${'b'.repeat(90_000)}`,
    ],
    'The form has too many parts.': [`${`${head('a')}b\r\n`.repeat(17)}--mark--`],
    'There is too much after the last part of the form.': [`${whole}${'e'.repeat(5000)}`],
    'There is too much before the first part of the form.': [`${'p'.repeat(5000)}\r\n${whole}`],
  }
  for (const [fault, forms] of Object.entries(cases)) {
    for (const form of forms)
      for (const size of [1, 7, 1000, form.length])
        assert.equal(seen(form, size), fault, `${form.length} by ${size}`)
  }
})

test('a boundary longer than 70 characters is none', () => {
  assert.equal(boundaryOf('multipart/form-data; boundary=mark'), 'mark')
  assert.equal(boundaryOf('multipart/form-data; charset=utf-8; boundary="a mark"'), 'a mark')
  assert.equal(boundaryOf(`multipart/form-data; boundary=${'a'.repeat(70)}`)?.length, 70)
  assert.equal(boundaryOf(`multipart/form-data; boundary=${'a'.repeat(71)}`), undefined)
  assert.equal(boundaryOf('multipart/form-data'), undefined)
})
