/**
 * A processor profile as a flame graph in one SVG file: `node bench/flame-graph.ts FILE.svg [signed|session]` profiles reads through
 * the door, 16 at a time, once their code is compiled. Callers stand below, a frame is as wide as its share of the time that was not idle.
 */
import { fork } from 'node:child_process'
import { once } from 'node:events'
import { writeFileSync } from 'node:fs'
import { type Profiler, Session } from 'node:inspector/promises'
import { join } from 'node:path'
import type { Load } from './http-load.ts'
import { openReading } from './read.ts'

const WIDTH = 1400
const ROW = 16
/** Frames narrower than this share are left out: nobody can read them. */
const LEAST_SHARE = 0.002
const DEEPEST = 60

/** Before the profile, and in it. */
const REQUESTS = 8_000

interface Frame {
  readonly name: string
  readonly place: string
  time: number
  readonly children: Map<string, Frame>
}

/** The tree of a profile without idle time; what recurs under one caller is one frame. Times are microseconds. */
export function framesOf(profile: Profiler.Profile): Frame {
  const nodes = new Map(profile.nodes.map((node) => [node.id, node]))
  const parents = new Map(
    profile.nodes.flatMap((node) => (node.children ?? []).map((child) => [child, node.id] as const)),
  )
  const root: Frame = { name: 'all', place: '', time: 0, children: new Map() }
  const paths = new Map<number, Frame[]>()
  const pathOf = (id: number): Frame[] => {
    const known = paths.get(id)
    if (known) return known
    const parent = parents.get(id)
    const node = nodes.get(id)
    if (parent === undefined || !node) return [root]
    const above = pathOf(parent)
    const { functionName, url, lineNumber } = node.callFrame
    const name = functionName || '(anonymous)'
    const place = `${placeOf(url)}:${lineNumber + 1}`
    const children = above.at(-1)?.children ?? root.children
    const frame = children.get(`${name} ${place}`) ?? { name, place, time: 0, children: new Map() }
    children.set(`${name} ${place}`, frame)
    const path = [...above, frame]
    paths.set(id, path)
    return path
  }
  profile.samples?.forEach((id, at) => {
    if (nodes.get(id)?.callFrame.functionName === '(idle)') return
    for (const frame of pathOf(id)) frame.time += profile.timeDeltas?.[at] ?? 0
  })
  return root
}

/** Draws a tree. */
export function drawFlames(root: Frame, title: string): string {
  const parts: string[] = []
  let deepest = 0
  const draw = (frame: Frame, x: number, depth: number): void => {
    const share = frame.time / root.time
    if (share < LEAST_SHARE || depth > DEEPEST) return
    deepest = Math.max(deepest, depth)
    const width = share * WIDTH
    const label = frame.name.slice(0, Math.max(0, Math.floor((width - 4) / 6.2)))
    const shown =
      label.length > 2
        ? `<text x="${(x + 2).toFixed(1)}" y="-${depth * ROW + 4}">${escaped(label)}</text>`
        : ''
    const told = escaped(`${frame.name} ${frame.place} ${(share * 100).toFixed(1)}%`)
    parts.push(
      `<g><title>${told}</title><rect x="${x.toFixed(1)}" y="-${(depth + 1) * ROW}" width="${width.toFixed(1)}" height="${ROW - 1}" class="${kindOf(frame)}"/>${shown}</g>`,
    )
    let left = x
    for (const child of [...frame.children.values()].sort((a, b) => b.time - a.time)) {
      draw(child, left, depth + 1)
      left += (child.time / root.time) * WIDTH
    }
  }
  draw(root, 0, 0)
  const height = (deepest + 3) * ROW
  const legend = Object.values(KINDS)
    .map(
      ({ label, fill }, at) =>
        `<g transform="translate(${at * 190} 0)"><rect width="10" height="10" fill="${fill}"/><text x="14" y="9">${label}</text></g>`,
    )
    .join('')
  const colours = Object.entries(KINDS).map(([kind, { fill }]) => `.${kind}{fill:${fill}}`)
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${height + 50}" font-family="monospace" font-size="10">`,
    `<style>${colours.join('')}text{fill:#1b1b1b}</style><rect width="100%" height="100%" fill="#fff"/>`,
    `<text x="4" y="14" font-size="12">${escaped(title)}</text><g transform="translate(4 22)">${legend}</g>`,
    `<g transform="translate(0 ${height + 40})">`,
    ...parts,
    '</g></svg>',
  ].join('\n')
}

const KINDS = {
  socket: { label: 'system calls', fill: '#e9896a' },
  crypto: { label: 'node: crypto', fill: '#d9a441' },
  node: { label: 'node: http, streams, rest', fill: '#c9ced6' },
  library: { label: 'libraries', fill: '#9db8dc' },
  own: { label: 'Panoply', fill: '#8cc79a' },
} as const

function kindOf({ name, place }: Frame): keyof typeof KINDS {
  if (/^write(v|Utf8String|Latin1String|Buffer)$/.test(name)) return 'socket'
  if (place.startsWith('node:internal/crypto') || place.startsWith('node:crypto')) return 'crypto'
  if (place.startsWith('src/') || place.startsWith('test/')) return 'own'
  return place.startsWith('node:') || place.startsWith(':') ? 'node' : 'library'
}

function placeOf(url: string): string {
  return url.replace(/^.*\/node_modules\//, '').replace(/^.*\/(?=(src|test|bench)\/)/, '')
}

function escaped(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;')
}

async function profileReads(way: 'signed' | 'session'): Promise<Profiler.Profile> {
  await using read = await openReading()
  const client = fork(join(import.meta.dirname, 'load-client.ts'), { execArgv: [] })
  const session = new Session()
  session.connect()
  try {
    const load = async (requests: number): Promise<void> => {
      const { url } = read.side
      const asked: Load = { url, headers: read.headers[way], connections: 16, requests, seconds: 120 }
      client.send(asked)
      const [answer]: { error?: string }[] = await once(client, 'message')
      if (answer?.error) throw new Error(answer.error)
    }
    await load(REQUESTS)
    await session.post('Profiler.enable')
    await session.post('Profiler.setSamplingInterval', { interval: 500 })
    await session.post('Profiler.start')
    await load(REQUESTS)
    const { profile } = await session.post('Profiler.stop')
    return profile
  } finally {
    session.disconnect()
    client.kill()
  }
}

if (import.meta.main) {
  const [, , file = 'flame-graph.svg', way = 'signed'] = process.argv
  if (way !== 'signed' && way !== 'session') throw new TypeError('signed or session')
  const title = `One read through the door (${way}), 16 at a time: where the web process spends its time`
  writeFileSync(file, drawFlames(framesOf(await profileReads(way)), title))
  process.exit()
}
