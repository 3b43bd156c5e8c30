/// <reference types="node" />
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { largestFile } from '../knowledge/upload-queue.ts'
import { formatBytes, formatDevice, formatDuration, formatWhen } from './formatters.ts'

const now = new Date(2026, 4, 20, 15, 0, 0)
const before = (seconds: number) => formatWhen(new Date(now.getTime() - seconds * 1000), now)

test('a moment is told as a person would tell it', () => {
  assert.equal(before(5), 'now')
  assert.equal(before(240), '4 minutes ago')
  assert.equal(before(3 * 3600), '3 hours ago')
  assert.equal(formatWhen(new Date(2026, 4, 19, 23, 30), now), 'yesterday, 23:30')
  assert.equal(formatWhen(new Date(2026, 2, 3), now), 'Mar 3')
  assert.equal(formatWhen(new Date(2024, 2, 3), now), 'Mar 3, 2024')
  assert.equal(formatWhen(new Date(now.getTime() + 3600_000 * 2), now), 'in 2 hours')
})

test('sizes and durations are short', () => {
  assert.equal(formatBytes(0), '0 bytes')
  assert.equal(formatBytes(1_023), '1,023 bytes')
  assert.equal(formatBytes(1_240), '1.2 kB')
  assert.equal(formatBytes(largestFile), '100 MB', 'a limit reads as it is promised')
  assert.equal(formatBytes(2 ** 20 - 1), '1 MB')
  assert.equal(formatBytes(3 * 2 ** 30), '3 GB')
  assert.deepEqual([0.2, 59, 61, 3600, 5400].map(formatDuration), [
    '1 s',
    '59 s',
    '1 min',
    '1 h',
    '1 h 30 min',
  ])
})

test('a device is named by browser and system', () => {
  const edge = 'Mozilla/5.0 (Windows NT 10.0) AppleWebKit/537.36 Chrome/140.0 Safari/537.36 Edg/140.0'
  assert.equal(formatDevice(edge), 'Edge, Windows')
  assert.equal(formatDevice('curl/8.9.1'), 'curl')
  assert.equal(formatDevice('panoply-agent/1.0'), 'panoply-agent')
  assert.equal(formatDevice(''), '–')
})
