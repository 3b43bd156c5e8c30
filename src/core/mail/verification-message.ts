// The mail with the link: plain text first, HTML beside it, nothing fetched from anywhere.

/** A mail as it goes out. */
export interface Message {
  readonly subject: string
  readonly text: string
  readonly html: string
}

/**
 * The verification mail. `url` carries the sealed sign-up and works once, for 24 hours. It greets nobody by name: the name was typed
 * by whoever asked, who may want to speak to the addressee through it.
 */
export function verificationMessage({ url }: { url: string }): Message {
  const lines = [
    'Hello,',
    'somebody, probably you, asked for a Panoply account with this address. Open this link within 24 hours to choose a password and go on:',
    url,
    'If it was not you, you need not do anything: without this link nobody gets an account with your address.',
  ]
  const [hello, why, , otherwise] = lines.map(escapeHtml)
  return {
    subject: 'Confirm your address',
    text: `${lines.join('\n\n')}\n`,
    html: `<!doctype html><html lang="en"><meta charset="utf-8"><title>Confirm your address</title><body style="font:15px/1.6 system-ui,sans-serif;color:#16181d;background:#faf9f6;margin:0;padding:32px"><div style="max-width:520px;margin:auto"><p>${hello}</p><p>${why}</p><p style="margin:28px 0"><a href="${escapeHtml(url)}" style="background:#1f7a68;color:#fff;padding:10px 18px;border-radius:6px;text-decoration:none">Confirm the address</a></p><p style="color:#51607a">${otherwise}</p></div></body></html>`,
  }
}

/** Text as HTML shows it. */
export function escapeHtml(text: string): string {
  return text.replace(/[&<>"']/g, (letter) => `&#${letter.charCodeAt(0)};`)
}
