// Serves the built stories under the app's own content security policy, pictures each at two widths in light and dark,
// and fails on console errors and on what axe finds. `node web/stories/shoot.ts OUT PDF [story...]` after a stories build.
import { createReadStream, existsSync, mkdirSync, readFileSync, statSync } from 'node:fs'
import { createServer } from 'node:http'
import { extname, join } from 'node:path'
import { type Browser, chromium, type Page } from 'playwright-core'
import { t } from '../app/t.ts'

const [out = 'test-results/stories', pdf = '', ...chosen] = process.argv.slice(2)
const root = join(import.meta.dirname, '../../dist/stories')
const types: Record<string, string> = {
  '.js': 'text/javascript',
  '.mjs': 'text/javascript',
  '.css': 'text/css',
  '.woff2': 'font/woff2',
  '.svg': 'image/svg+xml',
}
const nonce = 'c3Rvcmllcw'
const policy = `default-src 'none'; script-src 'self'; style-src 'self' 'nonce-${nonce}'; font-src 'self'; img-src 'self' blob: data:; connect-src 'self'; worker-src 'self'; base-uri 'none'; form-action 'self'`

const server = createServer((request, response) => {
  const path = new URL(request.url ?? '/', 'http://localhost').pathname
  response.setHeader('Content-Security-Policy', policy)
  if (pdf && /^\/v1\/documents\/[^/]+\/content$/.test(path)) {
    response.writeHead(200, { 'Content-Type': 'application/pdf', 'Content-Length': statSync(pdf).size })
    createReadStream(pdf).pipe(response)
    return
  }
  if (path.startsWith('/v1/snips/') && path.endsWith('/image')) {
    response.writeHead(200, { 'Content-Type': 'image/svg+xml' })
    response.end(
      '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 480 300" width="480" height="300"><rect width="480" height="300" fill="#fff"/><path d="M40 260L140 180 240 200 340 90 440 60" fill="none" stroke="#1F7A68" stroke-width="4"/></svg>',
    )
    return
  }
  if (path.startsWith('/v1/')) {
    response.writeHead(404, { 'Content-Type': 'application/problem+json' })
    response.end('{"code":"not_found","title":"Not found","status":404}')
    return
  }
  const file = join(root, path)
  if (path !== '/' && existsSync(file)) {
    response.writeHead(200, { 'Content-Type': types[extname(file)] ?? 'application/octet-stream' })
    createReadStream(file).pipe(response)
    return
  }
  response.writeHead(200, { 'Content-Type': 'text/html; charset=utf-8' })
  response.end(readFileSync(join(root, 'index.html'), 'utf8').replaceAll('__CSP_NONCE__', nonce))
})

interface View {
  name: string
  width: number
  height: number
  scheme: 'light' | 'dark'
}
const views: readonly View[] = [
  { name: 'wide', width: 1440, height: 900, scheme: 'light' },
  { name: 'wide-dark', width: 1440, height: 900, scheme: 'dark' },
  { name: 'phone', width: 360, height: 740, scheme: 'light' },
  { name: 'phone-dark', width: 360, height: 740, scheme: 'dark' },
]

/** Frames in a row in which nothing may happen any more. */
const CALM = 20
/** Pages of a PDF that will be drawn; without a file they never are. */
const DRAWING = pdf
  ? `canvas[data-state=drawing], [role=progressbar][aria-label="${t('reader.loading')}"]`
  : 'never'
/** Stories that are there when a page of the PDF is. */
const DRAWN = /^reader(-snip|-find)?$/

/** Waits until the story is there, its pages are drawn, and frame after frame nothing changes, moves or loads. */
async function settle(page: Page, story: string): Promise<void> {
  await page.waitForLoadState('networkidle')
  await page.evaluate(() => document.fonts.ready)
  await page.evaluate(
    async ({ calm, there, drawing, longest }) => {
      const begun = performance.now()
      let still = 0
      const watcher = new MutationObserver(() => {
        still = 0
      })
      watcher.observe(document.body, {
        subtree: true,
        childList: true,
        characterData: true,
        attributes: true,
      })
      const isMoving = () =>
        document.getAnimations().some((one) => {
          const end = Number(one.effect?.getComputedTiming().endTime)
          return one.playState === 'running' && Number.isFinite(end)
        })
      const isDrawing = () => document.querySelector(drawing) !== null
      const isLoading = () => [...document.images].some(({ complete }) => !complete)
      while (still < calm) {
        await new Promise((painted) => requestAnimationFrame(painted))
        const isBusy = document.querySelector(there) === null || isMoving() || isDrawing() || isLoading()
        still = isBusy ? 0 : still + 1
        if (performance.now() - begun > longest) throw new Error('The story never comes to rest.')
      }
      watcher.disconnect()
    },
    {
      calm: CALM,
      there: pdf && DRAWN.test(story) ? 'canvas[data-state=drawn]' : '#root *',
      drawing: DRAWING,
      longest: 30_000,
    },
  )
}

/** Pictures one story in one view; answers what is wrong with it. */
async function shoot(browser: Browser, origin: string, story: string, view: View): Promise<string[]> {
  const problems: string[] = []
  const isPhone = view.width < 600
  const context = await browser.newContext({
    viewport: { width: view.width, height: view.height },
    colorScheme: view.scheme,
    reducedMotion: 'reduce',
    hasTouch: isPhone,
    isMobile: isPhone,
    bypassCSP: false,
  })
  const page = await context.newPage()
  page.on('console', (message) => {
    if (message.type() === 'error' && !message.text().includes('404'))
      problems.push(`console: ${message.text()}`)
  })
  page.on('pageerror', (error) => problems.push(`error: ${error.message}`))
  await page.goto(`${origin}/?story=${story}`)
  await settle(page, story)
  await page.screenshot({ path: join(out, `${story}-${view.name}.png`) })
  const overflow = await page.evaluate(() => {
    const main = document.getElementById('main') ?? document.documentElement
    return main.scrollWidth - main.clientWidth
  })
  if (overflow > 0) problems.push(`content is ${overflow} px too wide`)
  const session = await context.newCDPSession(page)
  await session.send('Runtime.evaluate', {
    expression: readFileSync(join(import.meta.dirname, '../../node_modules/axe-core/axe.min.js'), 'utf8'),
  })
  const found = await session.send('Runtime.evaluate', {
    expression: `axe.run({ resultTypes: ['violations'] }).then((r) => JSON.stringify(r.violations.map((v) => [v.id, v.impact, v.nodes.slice(0, 3).map((n) => n.html.slice(0, 160) + ' | ' + (n.any[0]?.message ?? n.all[0]?.message ?? n.none[0]?.message))])))`,
    awaitPromise: true,
    returnByValue: true,
  })
  for (const [id, impact, nodes] of JSON.parse(String(found.result.value))) {
    problems.push(`axe ${id} (${impact}):\n      ${nodes.join('\n      ')}`)
  }
  await context.close()
  return problems
}

mkdirSync(out, { recursive: true })
await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
const address = server.address()
const origin = `http://127.0.0.1:${typeof address === 'object' && address ? address.port : 0}`
const browser = await chromium.launch({
  executablePath: '/usr/bin/chromium',
  args: [
    '--headless',
    '--no-sandbox',
    '--disable-gpu',
    '--disable-quic',
    '--no-first-run',
    '--disable-background-networking',
    '--disable-component-update',
    '--disable-sync',
  ],
})
try {
  const page = await browser.newPage()
  await page.goto(`${origin}/`)
  await page.locator('li').first().waitFor()
  const all = await page.locator('li').allTextContents()
  await page.close()
  let wrong = 0
  for (const story of all.filter((name) => chosen.length === 0 || chosen.includes(name))) {
    for (const view of views) {
      const problems = await shoot(browser, origin, story, view)
      wrong += problems.length
      for (const problem of problems) console.log(`${story} ${view.name}: ${problem}`)
    }
  }
  console.log(`${all.length} stories, ${wrong} problems`)
  process.exitCode = wrong > 0 ? 1 : 0
} finally {
  await browser.close()
  server.close()
}
