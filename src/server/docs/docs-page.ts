// The frame of the pages under /docs: whole in themselves, in the look of the product, with nothing fetched from anywhere.
// Must stay true: every text is escaped; the policy names the one style and the one script by their hashes.
import { hash } from 'node:crypto'
import { escapeHtml } from '#core/mail/verification-message.ts'

/** A page as it is served; made once. */
export interface DocsPage {
  readonly html: string
  readonly etag: string
  readonly policy: string
}

const STYLE = `:root{color-scheme:light dark;--paper:light-dark(#faf9f6,#121417);--ink:light-dark(#16181d,#e8e6e1);--quiet:light-dark(#5a5f69,#a3a6ac);--surface:light-dark(#fff,#1a1d21);--line:light-dark(#e5e2da,#282c31);--accent:light-dark(#1f7a68,#4fb8a2)}
*{box-sizing:border-box}html{scroll-padding-top:1rem}
body{margin:0;background:var(--paper);color:var(--ink);font:15px/1.55 Inter,system-ui,sans-serif;overflow-wrap:anywhere}
main{max-width:60rem;margin:auto;padding:2rem 1rem 6rem}
a{color:var(--accent)}a:focus-visible,input:focus-visible,summary:focus-visible,pre:focus-visible{outline:2px solid var(--accent);outline-offset:2px}
h1{font-size:1.6rem;margin:0 0 .5rem}h2{font-size:1.15rem;margin:2.5rem 0 .75rem}h3{font-size:1rem;margin:0}h4{font-size:.9rem;margin:1rem 0 .25rem}
code,pre{font:13px/1.5 ui-monospace,monospace}
pre{background:var(--paper);border:1px solid var(--line);border-radius:6px;padding:.75rem;overflow-x:auto;overflow-wrap:normal}
.quiet{color:var(--quiet)}
article{background:var(--surface);border:1px solid var(--line);border-radius:8px;padding:1rem;margin:.75rem 0}
summary{cursor:pointer}summary h3{display:inline}article>h2{margin:0}dl{display:grid;grid-template-columns:minmax(0,11rem) minmax(0,1fr);gap:.35rem 1rem;margin:0}dt{font:13px/1.6 ui-monospace,monospace}dd{margin:0}
input{width:100%;font:inherit;color:inherit;background:var(--surface);border:1px solid var(--line);border-radius:6px;padding:.55rem .75rem;margin:1rem 0}
[hidden]{display:none}@media(max-width:30rem){dl{grid-template-columns:1fr;gap:0}dd{margin-bottom:.5rem}}`

/** Puts a body into the frame. `script` runs once the page is there. */
export function docsPage(title: string, body: string, script = ''): DocsPage {
  const html = `<!doctype html><html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width,initial-scale=1"><title>${escapeHtml(title)}</title><style>${STYLE}</style></head><body><main>${body}</main>${script === '' ? '' : `<script>${script}</script>`}</body></html>`
  const scripts = script === '' ? "'none'" : `'sha256-${hash('sha256', script, 'base64')}'`
  return {
    html,
    etag: `"${hash('sha256', html, 'base64url')}"`,
    policy: `default-src 'none'; style-src 'sha256-${hash('sha256', STYLE, 'base64')}'; script-src ${scripts}; base-uri 'none'; form-action 'none'; frame-ancestors 'none'`,
  }
}
