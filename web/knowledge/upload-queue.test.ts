/// <reference types="node" />
// The queue with a sender that the test drives: order, limits, pause, cancel, retry, going on.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { ApiProblem } from '../app/api-call.ts'
import { createUploadQueue, largestFile, type OpenUpload, refusalOf, type Sender } from './upload-queue.ts'

function aQueue() {
  const sent: {
    name: string
    from: string | null
    finish: () => void
    fail: (error: unknown) => void
    stopped: boolean
    report: (n: number) => void
  }[] = []
  const done: string[] = []
  const ended: string[] = []
  const sender: Sender = {
    send: (file, from, on) => {
      const { promise, resolve, reject } = Promise.withResolvers<{ id: string; wasThere: boolean }>()
      const entry = {
        name: file.name,
        from,
        finish: () => resolve({ id: `doc_${file.name}`, wasThere: false }),
        fail: reject,
        stopped: false,
        report: on.progress,
      }
      sent.push(entry)
      on.started(from ?? `upl_${file.name}`)
      return {
        finished: promise,
        stop: () => {
          entry.stopped = true
        },
      }
    },
    end: async (uploadId) => {
      ended.push(uploadId)
    },
  }
  const queue = createUploadQueue(
    sender,
    () => 1000,
    (id) => done.push(id),
  )
  const states = () => queue.snapshot().map(({ state }) => state)
  return { queue, sent, done, ended, states }
}
const aFile = (name: string) => new File(['%PDF-1.7'], name, { type: 'application/pdf', lastModified: 1000 })
const isNew = () => false
const settled = () => new Promise((resolve) => setImmediate(resolve))
const anOpenUpload = (members: Partial<OpenUpload> = {}): OpenUpload => ({
  id: 'upl_left',
  fileName: 'a.pdf',
  size: 8,
  offset: 5,
  modifiedAt: 1000,
  isReceiving: false,
  ...members,
})

test('three files are sent at once and the fourth follows when one is stored', async () => {
  const { queue, sent, done } = aQueue()
  queue.add(['a.pdf', 'b.pdf', 'c.pdf', 'd.pdf'].map(aFile), isNew)
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
  assert.equal(refusalOf({ name: 'x.pdf', size: largestFile + 1, type: '' })?.code, 'file_too_large')
  assert.equal(refusalOf({ name: 'x.pdf', size: largestFile, type: '' }), null)
  assert.equal(refusalOf({ name: 'x.pdf', size: 0, type: '' })?.code, 'empty_file')
  assert.equal(refusalOf({ name: 'x.docx', size: 10, type: 'application/msword' })?.code, 'not_a_pdf')
})

test('a cancelled upload stays cancelled and is ended, a failed one can be tried again', async () => {
  const { queue, sent, ended, states } = aQueue()
  queue.add([aFile('a.pdf'), aFile('b.pdf')], (name) => name === 'b.pdf')
  const [first, second] = queue.snapshot()
  queue.cancel(first?.key ?? '')
  sent[1]?.fail(new ApiProblem({ code: 'not_a_pdf' }, 415))
  await settled()
  assert.equal(sent[0]?.stopped, true)
  assert.deepEqual(ended, ['upl_a.pdf'])
  assert.deepEqual(states(), ['cancelled', 'failed'])
  assert.equal(queue.snapshot()[1]?.problem?.code, 'not_a_pdf')
  assert.equal(queue.snapshot()[1]?.sameName, true)
  queue.retry(second?.key ?? '')
  sent[2]?.finish()
  await settled()
  assert.equal(queue.snapshot()[1]?.state, 'done')
  queue.setOpen([anOpenUpload({ id: 'upl_a.pdf' })])
  assert.deepEqual(states(), ['cancelled', 'done'], 'a list that was asked for before brings nothing back')
})

test('a paused upload keeps its place and gives its turn to the next', async () => {
  const { queue, sent, states } = aQueue()
  queue.add(['a.pdf', 'b.pdf', 'c.pdf', 'd.pdf'].map(aFile), isNew)
  sent[0]?.report(3)
  const [first] = queue.snapshot()
  queue.pause(first?.key ?? '')
  sent[0]?.report(8)
  assert.deepEqual(states(), ['paused', 'sending', 'sending', 'sending'])
  assert.equal(queue.snapshot()[0]?.sent, 3)
  queue.retry(first?.key ?? '')
  assert.equal(queue.snapshot()[0]?.state, 'waiting')
  sent[1]?.finish()
  await settled()
  assert.deepEqual([sent[4]?.name, sent[4]?.from], ['a.pdf', 'upl_a.pdf'])
})

test('what the network interrupted goes on where it was when it is back', async () => {
  const { queue, sent, states } = aQueue()
  queue.add([aFile('a.pdf')], isNew)
  sent[0]?.report(4)
  sent[0]?.fail(new ApiProblem({}, 0))
  await settled()
  assert.deepEqual(states(), ['interrupted'])
  queue.wake()
  assert.deepEqual([states()[0], sent[1]?.from], ['sending', 'upl_a.pdf'])
  sent[1]?.finish()
  await settled()
  queue.wake()
  assert.deepEqual([states(), sent.length], [['done'], 2])
})

test('what is being sent waits when the network is gone, and does not take the next for its turn', () => {
  const { queue, sent, states } = aQueue()
  queue.add(['a.pdf', 'b.pdf', 'c.pdf', 'd.pdf'].map(aFile), isNew)
  queue.sleep()
  assert.deepEqual(states(), ['interrupted', 'interrupted', 'interrupted', 'waiting'])
  assert.deepEqual(
    sent.map(({ stopped }) => stopped),
    [true, true, true],
  )
  queue.wake()
  assert.deepEqual(states(), ['sending', 'sending', 'sending', 'waiting'])
})

test('what an earlier page left is shown, and goes on when the same file is chosen again, no other', () => {
  const { queue, sent, states } = aQueue()
  queue.setOpen([anOpenUpload(), anOpenUpload({ id: 'upl_moving', fileName: 'b.pdf', isReceiving: true })])
  assert.deepEqual(states(), ['left'], 'what another page is sending is its own')
  queue.add([new File(['%PDF-1.7'], 'a.pdf', { lastModified: 2000 })], isNew)
  assert.deepEqual([states(), sent[0]?.from], [['left', 'sending'], null])
  queue.add([aFile('a.pdf')], isNew)
  assert.deepEqual([states(), sent[1]?.from], [['sending', 'sending'], 'upl_left'])
  queue.add([aFile('a.pdf')], isNew)
  assert.equal(sent[2]?.from, null, 'a second time it is another one')
})

test('what was left and is over meanwhile is not shown any more; one that is given up is ended', () => {
  const { queue, ended, states } = aQueue()
  queue.setOpen([anOpenUpload(), anOpenUpload({ id: 'upl_other', fileName: 'b.pdf' })])
  queue.setOpen([anOpenUpload({ offset: 7 })])
  assert.deepEqual([states(), queue.snapshot()[0]?.sent], [['left'], 7])
  queue.cancel(queue.snapshot()[0]?.key ?? '')
  assert.deepEqual([states(), ended], [['cancelled'], ['upl_left']])
})
