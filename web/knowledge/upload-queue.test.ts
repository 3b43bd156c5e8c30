/// <reference types="node" />
// The queue with a sender that the test drives: order, limits, cancel, retry.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { ApiProblem } from '../app/api-call.ts'
import { createUploadQueue, refusalOf, type SendFile } from './upload-queue.ts'

function aQueue() {
  const sent: {
    name: string
    finish: () => void
    fail: (error: unknown) => void
    aborted: boolean
    report: (n: number) => void
  }[] = []
  const done: string[] = []
  const send: SendFile = (file, report) => {
    const { promise, resolve, reject } = Promise.withResolvers<{ id: string; wasThere: boolean }>()
    const entry = {
      name: file.name,
      finish: () => resolve({ id: `doc_${file.name}`, wasThere: false }),
      fail: reject,
      aborted: false,
      report,
    }
    sent.push(entry)
    return {
      finished: promise,
      abort: () => {
        entry.aborted = true
        reject(new ApiProblem({}, 0))
      },
    }
  }
  return {
    queue: createUploadQueue(
      send,
      () => 1000,
      (id) => done.push(id),
    ),
    sent,
    done,
  }
}
const aFile = (name: string) => new File(['%PDF-1.7'], name, { type: 'application/pdf' })
const settled = () => new Promise((resolve) => setImmediate(resolve))

test('three files are sent at once and the fourth follows when one is stored', async () => {
  const { queue, sent, done } = aQueue()
  queue.add(['a.pdf', 'b.pdf', 'c.pdf', 'd.pdf'].map(aFile), () => false)
  assert.deepEqual(
    sent.map(({ name }) => name),
    ['a.pdf', 'b.pdf', 'c.pdf'],
  )
  sent[1]?.finish()
  await settled()
  assert.equal(sent.length, 4)
  assert.deepEqual(done, ['doc_b.pdf'])
})

test('a file that is too large, empty or no PDF is refused before anything is sent', () => {
  assert.equal(refusalOf({ name: 'x.pdf', size: 100_000_001, type: '' })?.code, 'file_too_large')
  assert.equal(refusalOf({ name: 'x.pdf', size: 100_000_000, type: '' }), null)
  assert.equal(refusalOf({ name: 'x.pdf', size: 0, type: '' })?.code, 'empty_file')
  assert.equal(refusalOf({ name: 'x.docx', size: 10, type: 'application/msword' })?.code, 'not_a_pdf')
})

test('a cancelled upload stays cancelled, a failed one can be tried again', async () => {
  const { queue, sent } = aQueue()
  queue.add([aFile('a.pdf'), aFile('b.pdf')], (name) => name === 'b.pdf')
  const [first, second] = queue.snapshot()
  queue.cancel(first?.key ?? '')
  sent[1]?.fail(new ApiProblem({ code: 'storage_full' }, 507))
  await settled()
  assert.equal(sent[0]?.aborted, true)
  assert.deepEqual(
    queue.snapshot().map(({ state }) => state),
    ['cancelled', 'failed'],
  )
  assert.equal(queue.snapshot()[1]?.problem?.code, 'storage_full')
  assert.equal(queue.snapshot()[1]?.sameName, true)
  queue.retry(second?.key ?? '')
  sent[2]?.finish()
  await settled()
  assert.equal(queue.snapshot()[1]?.state, 'done')
})
