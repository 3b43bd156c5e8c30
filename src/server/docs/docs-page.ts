// The frame of the pages under /docs: whole in themselves, in the look of the product, with nothing fetched from anywhere.
// Must stay true: every text is escaped; the policy names the one style and the one script by their hashes.
import { hash } from 'node:crypto'
import { escapeHtml } from '#core/mail/account-messages.ts'
import { DOCS } from './docs-list.ts'

/** A page as it is served; made once. */
export interface DocsPage {
  readonly html: string
  readonly etag: string
  readonly policy: string
}

const STYLE = `:root{color-scheme:light dark;--paper:light-dark(#faf9f6,#121417);--ink:light-dark(#16181d,#e8e6e1);--quiet:light-dark(#5a5f69,#a3a6ac);--surface:light-dark(#fff,#1a1d21);--line:light-dark(#e5e2da,#282c31);--accent:light-dark(#1f7a68,#4fb8a2)}
*{box-sizing:border-box}html{scroll-padding-top:1rem}
body{margin:0;background:var(--paper);color:var(--ink);font:15px/1.55 Inter,system-ui,sans-serif;overflow-wrap:anywhere}
.docs{display:flex;flex-wrap:wrap;gap:0 1.25rem;max-width:76rem;margin:auto;padding:.75rem 1rem;border-bottom:1px solid var(--line)}.docs a{padding:.4rem 0;color:var(--quiet);text-decoration:none}.docs a:hover,.docs a[aria-current]{color:var(--ink)}.docs a[aria-current]{box-shadow:inset 0 -2px var(--accent)}.docs a:first-child{color:var(--ink);font-weight:600}
main{max-width:60rem;margin:auto;padding:2rem 1rem 6rem}main:has(.sides){max-width:76rem}
a{color:var(--accent)}:focus-visible{outline:2px solid var(--accent);outline-offset:2px}
h1{font-size:1.6rem;margin:0 0 .5rem}h2{font-size:1.15rem;margin:2.5rem 0 .75rem}h3{font-size:1rem;margin:0}h4{font-size:.9rem;margin:1.25rem 0 .35rem}
p,li{max-width:72ch}code,pre{font:13px/1.5 ui-monospace,monospace}
pre{background:var(--paper);border:1px solid var(--line);border-radius:6px;padding:.75rem;overflow-x:auto;overflow-wrap:normal}main>pre,.sides>div>pre,main>.code>pre,.sides>div>.code>pre{background:var(--surface)}
.quiet,h4 .quiet{color:var(--quiet);font-weight:400}
table{width:100%;border-collapse:collapse;margin:1rem 0}th,td{padding:.4rem 1rem .4rem 0;border-bottom:1px solid var(--line);text-align:start;vertical-align:top}th{color:var(--quiet);font-weight:400}td:first-child{overflow-wrap:normal}
article{background:var(--surface);border:1px solid var(--line);border-radius:6px;padding:1rem;margin:.5rem 0}article:has(>details){padding:0}
summary{padding:.65rem 1rem;cursor:pointer}details>:not(summary){margin-inline:1rem}details>:last-child{margin-bottom:1rem}details>p{margin-block:.25rem .5rem}summary h3{display:inline}summary .quiet{margin-inline-start:.5rem}article>h2{margin:0}
dl{display:grid;grid-template-columns:minmax(0,14rem) minmax(0,1fr);gap:.35rem 1rem;margin:0}dt{font:13px/1.75 ui-monospace,monospace}dd{margin:0}
label{display:block;margin-top:2.5rem}input{width:100%;font:inherit;color:inherit;background:var(--surface);border:1px solid var(--line);border-radius:6px;padding:.55rem .75rem;margin:.35rem 0 0}::placeholder{color:var(--quiet);opacity:1}
.code{position:relative;margin-block:1rem}.code>pre{margin:0}details>.code>pre{background:var(--paper)}.copy{position:absolute;top:.4rem;right:.4rem;padding:.2rem .6rem;font:inherit;font-size:13px;color:var(--quiet);background:var(--surface);border:1px solid var(--line);border-radius:4px;cursor:pointer}
.sides ul{padding-inline-start:1.2rem}.sides nav{display:none}.sides nav ul{margin:0;padding:0;list-style:none}.sides nav a{display:block;padding:.2rem 0;color:var(--quiet);text-decoration:none}.sides nav a:hover{color:var(--accent)}
@media(min-width:64rem){.sides{display:grid;grid-template-columns:10rem minmax(0,1fr);gap:3rem}.sides nav{display:block;position:sticky;top:0;max-height:100vh;overflow-y:auto;padding:.5rem 0}}
[hidden]{display:none}@media(max-width:40rem){dl{grid-template-columns:1fr;gap:0}dd{margin-bottom:.6rem}summary .quiet{display:block;margin:.15rem 0 0}}`

/** Puts a body into the frame; its title is that of the list. `script` runs once the page is there. */
export function docsPage(title: string, body: string, script = ''): DocsPage {
  const links = DOCS.map((page) => {
    const isThis = page.title === title ? ' aria-current="page"' : ''
    return `<a href="${page.to}"${isThis}>${escapeHtml(page.title)}</a>`
  })
  const head = `<meta charset="utf-8"><meta name="viewport" content="width=device-width,initial-scale=1"><title>${escapeHtml(title)} · Panoply</title><style>${STYLE}</style>`
  const nav = `<nav class="docs" aria-label="Documentation"><a href="/">Panoply</a>${links.join('')}</nav>`
  const html = `<!doctype html><html lang="en"><head>${head}</head><body>${nav}<main>${body}</main>${script === '' ? '' : `<script>${script}</script>`}</body></html>`
  const scripts = script === '' ? "'none'" : `'sha256-${hash('sha256', script, 'base64')}'`
  return {
    html,
    etag: `"${hash('sha256', html, 'base64url')}"`,
    policy: `default-src 'none'; style-src 'sha256-${hash('sha256', STYLE, 'base64')}'; script-src ${scripts}; base-uri 'none'; form-action 'none'; frame-ancestors 'none'`,
  }
}
