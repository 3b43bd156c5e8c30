/// <reference types="node" />
import assert from 'node:assert/strict'
import { test } from 'node:test'
import {
  deskHeight,
  drawnRect,
  fitZoom,
  largestZoom,
  mergeLines,
  pageTop,
  placeAt,
  quoteOf,
  spreadFlags,
  stepZoom,
  toPoints,
} from './page-geometry.ts'

const a4 = (page: number) => ({ page, width: 595, height: 842, hasText: true })

test('ten thousand pages stay within what a browser can scroll', () => {
  const pages = Array.from({ length: 10_000 }, (_, at) => a4(at + 1))
  const zoom = largestZoom(pages)
  assert.ok(zoom > 1 && pages.length * (842 * zoom + 16) <= 16_000_001)
  assert.equal(largestZoom([a4(1)]), 4)
})

test('zooming goes through the steps and stops at both ends', () => {
  assert.equal(stepZoom(1, 'in', 4), 1.25)
  assert.equal(stepZoom(1.1, 'out', 4), 1)
  assert.equal(stepZoom(4, 'in', 4), 4)
  assert.equal(stepZoom(0.5, 'out', 4), 0.5)
  assert.equal(stepZoom(1.5, 'in', 1.7), 1.7)
  assert.equal(fitZoom([a4(1)], 595), 1)
})

test('the boxes of one line become one rectangle and two columns stay two', () => {
  const line = [
    { left: 10, top: 10, right: 50, bottom: 22 },
    { left: 52, top: 11, right: 90, bottom: 22 },
    { left: 10, top: 26, right: 40, bottom: 38 },
    { left: 300, top: 10, right: 340, bottom: 22 },
    { left: 60, top: 5, right: 60, bottom: 80 },
  ]
  assert.deepEqual(mergeLines(line), [
    { left: 10, top: 10, right: 90, bottom: 22 },
    { left: 300, top: 10, right: 340, bottom: 22 },
    { left: 10, top: 26, right: 40, bottom: 38 },
  ])
})

test('the boxes a browser gives have their sides in the prototype and count all the same', () => {
  const box = Object.create({ left: 1, top: 2, right: 11, bottom: 12 })
  assert.deepEqual(mergeLines([box]), [{ left: 1, top: 2, right: 11, bottom: 12 }])
})

test('screen boxes become points of the page and are cut at its edges', () => {
  const page = { left: 100, top: 50, right: 1290, bottom: 1734 }
  const box = { left: 90, top: 150, right: 300, bottom: 174 }
  assert.deepEqual(toPoints([box], page, 2, a4(1)), [{ x: 0, y: 50, width: 100, height: 12 }])
})

test('a rectangle may be drawn from any corner', () => {
  const expected = { x: 10, y: 20, width: 90, height: 80 }
  assert.deepEqual(drawnRect({ x: 10, y: 20 }, { x: 100, y: 100 }, a4(1)), expected)
  assert.deepEqual(drawnRect({ x: 100, y: 20 }, { x: 10, y: 100 }, a4(1)), expected)
  assert.equal(drawnRect({ x: -50, y: 0 }, { x: 900, y: 900 }, a4(1)).width, 595)
})

test('a quote is tidied and carries its neighbours', () => {
  assert.deepEqual(quoteOf('the quick\nbrown ', ' fox\n jumps ', '\nover the lazy dog'), {
    exact: 'fox jumps',
    prefix: 'the quick brown ',
    suffix: ' over the lazy dog',
  })
})

test('a place on the desk is the same place at another zoom', () => {
  const pages = Array.from({ length: 50 }, (_, at) => a4(at + 1))
  const place = placeAt(pages, pageTop(pages, 37, 1) + 200, 1)
  assert.deepEqual(place, { page: 37, top: 200 })
  assert.deepEqual(placeAt(pages, pageTop(pages, 37, 2) + 400, 2), place)
  assert.equal(placeAt(pages, deskHeight(pages, 1) + 999, 1).page, 50)
})

test('flags of snips at one place stand below each other, in order', () => {
  assert.deepEqual(spreadFlags([300, 100, 100, 110]), [300, 100, 128, 156])
  assert.deepEqual(spreadFlags([]), [])
})
