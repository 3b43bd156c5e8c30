// The guides for those who write programs: what stands in docs/, as pages.
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { GUIDES, type Guide } from './docs-list.ts'
import { type DocsPage, docsPage } from './docs-page.ts'
import { renderMarkdown } from './render-markdown.ts'

/** Renders /docs/NAME. */
export function guidePage({ name, title }: Guide): DocsPage {
  const text = readFileSync(join(import.meta.dirname, `../../../docs/${name}.md`), 'utf8')
  const served = GUIDES.map((guide) => guide.name)
  return docsPage(title, renderMarkdown(text, served))
}
