import assert from 'node:assert/strict'
import { createHmac, pbkdf2Sync } from 'node:crypto'
import { test } from 'node:test'
import { scramVerifier } from './scram-verifier.ts'

test('a SCRAM verifier accepts the proof of RFC 7677', () => {
  const verifier = scramVerifier('pencil', Buffer.from('W22ZaJ0SNY7soEsUEjb6gQ==', 'base64'), 4096)
  const [, storedKey = '', serverKey = ''] = /^SCRAM-SHA-256\$4096:[^$]+\$(.+):(.+)$/.exec(verifier) ?? []
  const message =
    'n=user,r=rOprNGfwEbeRWgbNEkqO,' +
    'r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0,s=W22ZaJ0SNY7soEsUEjb6gQ==,i=4096,' +
    'c=biws,r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0'
  const hmac = (key: Uint8Array, text: string) => createHmac('sha256', key).update(text).digest()
  assert.equal(
    hmac(Buffer.from(serverKey, 'base64'), message).toString('base64'),
    '6rriTRBi23WpRR/wtup+mMhUZUn/dB5nLTJRsjl95G4=',
  )
  const salted = pbkdf2Sync('pencil', Buffer.from('W22ZaJ0SNY7soEsUEjb6gQ==', 'base64'), 4096, 32, 'sha256')
  const clientKey = hmac(salted, 'Client Key')
  const signature = hmac(Buffer.from(storedKey, 'base64'), message)
  const proof = clientKey.map((byte, i) => byte ^ (signature[i] ?? 0))
  assert.equal(Buffer.from(proof).toString('base64'), 'dHzbZapWIk4jUhN+Ute9ytag9zjfMHgsqmmiz7AndVQ=')
})
