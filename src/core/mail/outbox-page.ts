// The outbox as a page of its own, for whoever set the installation up and has no account yet. No script, no outside content.

import { escapeHtml } from './account-messages.ts'
import type { KeptMails } from './send-mail.ts'

const STYLE = `:root{color-scheme:light dark}body{font:15px/1.6 Inter,system-ui,sans-serif;margin:0;background:#faf9f6;color:#16181d}
main{max-width:720px;margin:0 auto;padding:32px 16px}h1{font-size:28px;margin:0 0 4px}article{border-top:1px solid #d9d6cf;padding:16px 0}
h2{font-size:16px;margin:0}p.to{color:#51607a;margin:0;overflow-wrap:anywhere}pre{white-space:pre-wrap;overflow-wrap:anywhere;font:inherit;margin:12px 0 0}
a{color:#1f7a68;overflow-wrap:anywhere}
@media (prefers-color-scheme:dark){body{background:#121417;color:#e8e6e1}article{border-color:#2b2f36}p.to{color:#9aa6ba}a{color:#4fb8a2}}`

/** The page, and the CSP hash of its only style. */
export function outboxPage(mails: KeptMails): string {
  const items = mails.items.map(
    ({ to, subject, text, sentAt }) =>
      `<article><h2>${escapeHtml(subject)}</h2><p class="to">${escapeHtml(to)}, <time datetime="${sentAt.toISOString()}">${sentAt.toISOString().slice(0, 16).replace('T', ' ')} UTC</time></p><pre>${linked(text)}</pre></article>`,
  )
  const empty =
    '<p>Mail that this installation would have sent appears here, because no mail server is configured.</p>'
  const older = mails.next === null ? '' : `<p><a href="?cursor=${escapeHtml(mails.next)}">Older mail</a></p>`
  return `<!doctype html><html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width,initial-scale=1"><title>Outbox</title><style>${STYLE}</style></head><body><main><h1>Outbox</h1>${items.join('') || empty}${older}</main></body></html>`
}

/** The text of {@link outboxPage}'s style, for the policy's hash. */
export const OUTBOX_STYLE = STYLE

function linked(text: string): string {
  return escapeHtml(text).replace(/https:\/\/[^\s&]+/g, (url) => `<a href="${url}">${url}</a>`)
}
