import assert from 'node:assert/strict'
import { test } from 'node:test'
import { nextThumbnail } from './next-thumbnail.ts'

test('arrows walk by rows and columns, and stop at both ends', () => {
  const grid = { count: 10, columns: 3 }
  const walks: [string, number, number | null][] = [
    ['ArrowDown', 2, 5],
    ['ArrowDown', 9, 10],
    ['ArrowUp', 2, 1],
    ['ArrowRight', 10, 10],
    ['ArrowLeft', 4, 3],
    ['PageDown', 1, 10],
    ['Home', 7, 1],
    ['End', 1, 10],
    ['Enter', 3, null],
  ]
  for (const [key, from, to] of walks) assert.equal(nextThumbnail(key, from, grid), to, `${key} from ${from}`)
})
