import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { connect } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, it } from 'node:test'
import { checkServerIdentity, type PeerCertificate } from 'node:tls'
import pg from 'pg'
import { openLog } from './log.ts'
import { openLogFile } from './log-file.ts'

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

  it('names nobody who was called, and holds no value of what stands behind an error', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'panoply-log-'))
    const logFile = join(folder, 'worker.log')
    const log = openLog({ role: 'worker', logFile, logLevel: 'info' })
    const causes: Error[] = [
      Object.assign(new Error('queryA ENOTFOUND marzipan.example'), {
        code: 'ENOTFOUND',
        syscall: 'queryA',
        hostname: 'marzipan.example',
      }),
      await once(connect({ host: '127.0.0.3', port: 1 }), 'error').then(([error]) => error),
      checkServerIdentity('marzipan.example', { subjectaltname: 'DNS:other.example' } as PeerCertificate) ??
        assert.fail(),
      Object.assign(new Error('550 <ada@marzipan.example> is nobody'), {
        code: 'EENVELOPE',
        command: 'RCPT TO',
      }),
      Object.assign(new pg.DatabaseError('"marzipan"', 1, 'error'), {
        severity: 'ERROR',
        routine: 'x',
        detail: 'marzipan',
      }),
    ]
    for (const cause of causes) {
      log.error({ error: new Error('outer', { cause }), cause }, 'failed')
      log.error({ err: cause }, 'failed')
    }
    const text = readFileSync(logFile, 'utf8')
    rmSync(folder, { recursive: true })
    assert.equal(text.trim().split('\n').length, 10)
    assert.ok(!/marzipan|127\.0\.0\.3/.test(text), text)
    for (const code of ['ENOTFOUND', 'ECONNREFUSED', 'ERR_TLS_CERT_ALTNAME_INVALID', 'EENVELOPE'])
      assert.match(text, new RegExp(`"cause":\\{"type":"Error","code":"${code}"`))
  })

  it('never takes more room than twice its bound, and keeps the newest lines', () => {
    const folder = mkdtempSync(join(tmpdir(), 'panoply-log-'))
    const path = join(folder, 'web.log')
    const file = openLogFile(path, 1000)
    for (let n = 0; n < 500; n++) {
      file.write(`${String(n).padStart(99, ' ')}\n`)
      const before = existsSync(`${path}.1`) ? statSync(`${path}.1`).size : 0
      assert.ok(statSync(path).size <= 1000 && before <= 1000)
    }
    const lines = `${readFileSync(`${path}.1`, 'utf8')}${readFileSync(path, 'utf8')}`.trim().split('\n')
    assert.deepEqual(
      lines.map(Number),
      Array.from({ length: 20 }, (_, n) => 480 + n),
    )
    // Opened again it goes on where it was.
    openLogFile(path, 1000).write('500\n')
    rmSync(folder, { recursive: true })
  })

  it('stops nobody when the disk takes no lines, and says how many it lost when there is room', (t) => {
    openLogFile('/dev/full').write('no room\n')
    if (process.getuid?.() !== 0) return t.skip('only root can mount a small disk')
    const folder = mkdtempSync(join(tmpdir(), 'panoply-log-'))
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=16k', 'tmpfs', folder])
    try {
      const path = join(folder, 'web.log')
      const filler = join(folder, 'filler')
      const file = openLogFile(path, 12_000)
      file.write('{"n":1}\n')
      writeFileSync(filler, Buffer.alloc(12_288))
      for (let n = 2; n <= 11; n++) file.write(`{"n":${n},"text":"${'x'.repeat(1000)}"}\n`)
      rmSync(filler)
      file.write('{"n":12}\n')
      const lines = readFileSync(path, 'utf8').trim().split('\n')
      assert.ok(!lines.includes(''), 'no line is empty')
      assert.deepEqual(JSON.parse(lines.at(-1) ?? ''), { n: 12 })
      const told = JSON.parse(lines.at(-2) ?? '')
      assert.ok(told.lost >= 5 && told.lost <= 10, lines.at(-2))
      assert.equal(told.msg, 'the disk took no lines of this log')
    } finally {
      execFileSync('umount', ['-l', folder])
      rmSync(folder, { recursive: true })
    }
  })
})
