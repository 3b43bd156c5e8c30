import assert from 'node:assert/strict'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, it } from 'node:test'
import pg from 'pg'
import { openLog } from './log.ts'

describe('the log', () => {
  it('holds no value that an error quotes', () => {
    const folder = mkdtempSync(join(tmpdir(), 'panoply-log-'))
    const logFile = join(folder, 'logs', 'web.log')
    const log = openLog({ role: 'web', logFile, logLevel: 'info' })
    const database = Object.assign(new pg.DatabaseError('invalid input "marzipan"', 1, 'error'), {
      severity: 'ERROR',
      code: '23505',
      routine: 'check',
      detail: 'Key (title)=(marzipan) already exists.',
      where: 'marzipan',
      table: 'document',
    })
    log.error({ error: new Error('outer', { cause: database }) }, 'failed')
    log.error({ err: database }, 'failed')
    try {
      JSON.parse('marzipan')
    } catch (error) {
      log.error({ error }, 'failed')
    }
    const text = readFileSync(logFile, 'utf8')
    rmSync(folder, { recursive: true })
    assert.equal(text.trim().split('\n').length, 3)
    assert.ok(!text.includes('marzipan'), text)
    assert.match(text, /"code":"23505".*"table":"document"/)
    assert.match(text, /"message":"outer"/)
  })
})
