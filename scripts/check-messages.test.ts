import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { plantTree } from '#test/plant-tree.ts'
import { checkMessages } from './check-messages.ts'
import { passed } from './check-result.ts'

function texts(body: string, path = 'web/app/A.tsx'): number {
  using tree = plantTree({
    [path]: `export function A({ on, m }: { on: boolean; m: Record<string, string> }) { return ${body} }`,
  })
  return checkMessages(tree.root).problems.length
}

describe('text stands in web/messages', () => {
  const planted = [
    '<p>Hello there</p>',
    `<p>{'Hello'}</p>`,
    ['<p>{`Hello $', '{m.name}`}</p>'].join(''),
    `<p>{on ? 'Yes' : 'No'}</p>`,
    `<p>{on && 'Saved'}</p>`,
    '<input placeholder="Search" />',
    `<button aria-label={'Close'} />`,
    '<img alt="A picture" />',
    '<><b>{m.x}</b> of them</>',
    '<p>Grüße</p>',
    '<p>検索する</p>',
  ]
  for (const body of planted) it(`${body} is caught`, () => assert.ok(texts(body) >= 1))

  const fine = [
    '<p>{m.hello}</p>',
    '<p className="big red">{m.a} · {m.b}</p>',
    '<a href="/library" data-state="open">→</a>',
    '<input type="password" placeholder={m.search} />',
    `<p>{m['hello']}</p>`,
  ]
  for (const body of fine) it(`${body} is fine`, () => assert.equal(texts(body), 0))

  it('the message files themselves hold text', () => {
    using tree = plantTree({
      'web/messages/A.tsx': 'export const a = <p>Hello</p>',
      'web/app/B.tsx': 'export {}',
    })
    assert.deepEqual(checkMessages(tree.root).problems, [])
  })

  it('a web app without components does not pass', () => {
    using tree = plantTree({ 'web/a.ts': '' })
    assert.equal(passed(checkMessages(tree.root)), false)
  })
})
