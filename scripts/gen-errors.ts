/** Writes docs/errors.md from the table in src/core/errors.ts; with --check it fails when the page is stale. */
import { ERROR_CODES } from '#core/errors.ts'
import { writeOrCheck } from './write-or-check.ts'

const HEAD = `# Errors

Every error answers \`application/problem+json\` (RFC 9457) with \`type\`, \`title\`, \`status\`, \`detail\`, \`code\` and
\`requestId\`. The code is stable: it never changes its meaning. *Retry* says whether the same request can succeed later.
This page is generated from \`src/core/errors.ts\`.

| Code | Status | Title | What it means | Retry |
|---|---|---|---|---|
`

/** The text of docs/errors.md. */
export function renderErrors(): string {
  const rows = Object.entries(ERROR_CODES)
    .sort(([, a], [, b]) => a.status - b.status)
    .map(([code, error]) => {
      const help = error.help.replaceAll('|', '\\|')
      return `| \`${code}\` | ${error.status} | ${error.title} | ${help} | ${error.retry ? 'yes' : 'no'} |`
    })
  return `${HEAD}${rows.join('\n')}\n`
}

if (import.meta.main) writeOrCheck('docs/errors.md', renderErrors())
