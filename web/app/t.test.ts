/// <reference types="node" />
// The message format, and the tone of every message: no exclamation marks, no capitals for effect, braces that fit.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { en } from '../messages/en.ts'
import { fillMessage, maybeText, t } from './t.ts'

test('parameters and plurals are filled in the reader’s language', () => {
  assert.equal(t('library.count', { count: 1 }), '1 document')
  assert.equal(t('library.count', { count: 12_000 }), '12,000 documents')
  assert.equal(
    fillMessage('{n, plural, =0 {none at all} one {# file} other {# files of {who}}}', { n: 0, who: 'a' }),
    'none at all',
  )
  assert.equal(
    fillMessage('{n, plural, one {# file} other {# files of {who}}}', { n: 3, who: '{x}' }),
    '3 files of {x}',
  )
})

test('a missing parameter and an unknown key are noticed', () => {
  assert.throws(() => fillMessage('{name} is here', {}), /needs "name"/)
  assert.equal(maybeText('problem.no_such_code'), null)
})

test('every message is well formed and keeps the tone of the house', () => {
  for (const [key, text] of Object.entries(en)) {
    const depth = [...text].reduce((sum, letter) => sum + (letter === '{' ? 1 : letter === '}' ? -1 : 0), 0)
    assert.equal(depth, 0, key)
    assert.doesNotMatch(text, /!|\boops\b/i, key)
    assert.doesNotMatch(
      text.replace(/\b(AES|API|ASVS|EEA|EU|GDPR|HTTPS?|MB|OWASP|PDF|PEM|SAML|SHA|SOC|TLS|US|VPN)\b/g, ''),
      /\b[A-Z]{2,}\b/,
      key,
    )
    assert.notEqual(text.trim(), '', key)
  }
})
