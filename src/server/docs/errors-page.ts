// The page that the `type` of every problem links to: each code with what it means, under its own anchor.
import { ERROR_CODES } from '#core/errors.ts'
import { escapeHtml } from '#core/mail/account-messages.ts'
import { inline } from './describe-schema.ts'
import { type DocsPage, docsPage } from './docs-page.ts'

/** Renders /docs/errors from the table of codes. */
export function errorsPage(): DocsPage {
  const entries = Object.entries(ERROR_CODES).sort(([, a], [, b]) => a.status - b.status)
  const articles = entries.map(
    ([code, { status, title, help, retry }]) =>
      `<article id="${code}"><h2><a href="#${code}">${status} <code>${code}</code></a></h2><p><strong>${escapeHtml(title)}.</strong> ${inline(help)}</p><p class="quiet">${retry ? 'The same request can succeed later.' : 'The same request will not succeed later.'}</p></article>`,
  )
  return docsPage(
    'Errors',
    `<h1>Errors</h1><p>Every error answers <code>application/problem+json</code> (RFC 9457). Its <code>code</code> never changes its meaning.</p>${articles.join('')}`,
  )
}
