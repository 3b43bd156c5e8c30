/** What axe finds on a page: WCAG 2.2 at A and AA. */
import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import type { Page } from 'playwright-core'

const AXE = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8')

const LEVELS = ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa']

/** One line for each element that somebody cannot use; `what` of it: everything, or what changes with the colours alone. */
export async function violations(page: Page, what: 'all' | 'colours' = 'all'): Promise<string[]> {
  // By evaluation rather than by a script element, which the page's policy refuses.
  if (!(await page.evaluate(`'axe' in window`))) await page.evaluate(AXE)
  const runOnly = what === 'all' ? LEVELS : { type: 'rule', values: ['color-contrast'] }
  // What passes need not be described, nor come over here.
  const options = JSON.stringify({ runOnly, resultTypes: ['violations'] })
  const violated = (await page.evaluate(
    `axe.run(document, ${options}).then(({ violations }) => violations)`,
  )) as { id: string; nodes: { target: string[]; failureSummary: string }[] }[]
  return violated.flatMap(({ id, nodes }) =>
    nodes.map(
      ({ target, failureSummary }) =>
        `${id} at ${target.join(' ')}: ${failureSummary.split('\n')[1]?.trim()}`,
    ),
  )
}
