// Our own guides as HTML: headings, paragraphs, lists, tables, code, and in a line code, strong words, words to look for and links.
// Must stay true: every text is escaped, and a link leads to a page that is served or to another site; to nothing else.
import { escapeHtml } from '#core/mail/account-messages.ts'

/** Renders a guide. `served` are the names of the guides that have a page; links to other files become words. */
export function renderMarkdown(text: string, served: readonly string[]): string {
  const out: string[] = []
  // Code first, so that nothing in it is taken for anything else.
  for (const [index, part] of text.split(/^```\w*\n([\s\S]*?)^```$/m).entries()) {
    if (index % 2 === 1) out.push(`<pre tabindex="0"><code>${escapeHtml(part.trimEnd())}</code></pre>`)
    else for (const block of part.split(/\n{2,}/)) out.push(renderBlock(block.trim(), served))
  }
  return out.join('')
}

function renderBlock(block: string, served: readonly string[]): string {
  if (block === '') return ''
  const lines = block.split('\n')
  const [, marks, title = ''] = /^(#{1,3}) (.*)$/.exec(block) ?? []
  if (marks) {
    const level = marks.length
    return `<h${level}${level === 1 ? '' : ` id="${anchorOf(title)}"`}>${renderLine(title, served)}</h${level}>`
  }
  if (block.startsWith('|')) return renderTable(lines, served)
  if (!block.includes('- ')) return `<p>${renderLine(lines.join(' '), served)}</p>`
  // What precedes a list, and its points, each of which may go over several lines.
  const [before = '', ...points] = `\n${block}`.split(/\n- /)
  const items = points.map((point) => `<li>${renderLine(point.replace(/\s*\n\s*/g, ' '), served)}</li>`)
  const words =
    before.trim() === '' ? '' : `<p>${renderLine(before.trim().replaceAll('\n', ' '), served)}</p>`
  return items.length > 0 ? `${words}<ul>${items.join('')}</ul>` : words
}

function renderTable([head = '', , ...rows]: readonly string[], served: readonly string[]): string {
  const cells = (row: string, tag: 'th' | 'td') =>
    row
      .slice(1, row.lastIndexOf('|'))
      .split('|')
      .map(
        (cell) => `<${tag}${tag === 'th' ? ' scope="col"' : ''}>${renderLine(cell.trim(), served)}</${tag}>`,
      )
      .join('')
  const body = rows.map((row) => `<tr>${cells(row, 'td')}</tr>`).join('')
  return `<table><thead><tr>${cells(head, 'th')}</tr></thead><tbody>${body}</tbody></table>`
}

function renderLine(text: string, served: readonly string[]): string {
  return text
    .split(/(`[^`]+`)/)
    .map((part) => {
      if (part.length > 2 && part.startsWith('`')) return `<code>${escapeHtml(part.slice(1, -1))}</code>`
      return escapeHtml(part)
        .replace(/\*\*([^*]+)\*\*/g, '<strong>$1</strong>')
        .replace(/\*([^*]+)\*/g, '<em>$1</em>')
        .replace(/\[([^\]]+)\]\(([^)\s]+)\)/g, (_, words: string, to: string) => {
          if (/^https:\/\//.test(to)) return `<a href="${to}" rel="noreferrer">${words}</a>`
          const name = /^(?:docs\/)?([a-z-]+)\.md$/.exec(to)?.[1] ?? ''
          return served.includes(name) ? `<a href="/docs/${name}">${words}</a>` : words
        })
    })
    .join('')
}

function anchorOf(title: string): string {
  return title
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, '-')
    .replace(/^-|-$/g, '')
}
