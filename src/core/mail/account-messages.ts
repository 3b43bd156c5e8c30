// Mail about accounts: plain text first, HTML beside it, nothing fetched from anywhere.

/** A mail as it goes out. */
export interface Message {
  readonly subject: string
  readonly text: string
  readonly html: string
}

/** What a mail of an account says: paragraphs in plain words, one of them a link. */
interface Letter {
  readonly subject: string
  readonly before: readonly string[]
  readonly link?: { readonly url: string; readonly words: string }
  readonly after: readonly string[]
}

/**
 * The verification mail. `url` carries the sealed sign-up and works once, for 24 hours. It greets nobody by name: the name was typed
 * by whoever asked, who may want to speak to the addressee through it.
 */
export function verificationMessage({ url }: { url: string }): Message {
  return written({
    subject: 'Confirm your address',
    before: [
      'Hello,',
      'somebody, probably you, asked for a Panoply account with this address. Open this link within 24 hours to choose a password and go on:',
    ],
    link: { url, words: 'Confirm the address' },
    after: [
      'If it was not you, you need not do anything: without this link nobody gets an account with your address.',
    ],
  })
}

/** The mail of a password reset: its link chooses another password, once, within an hour. */
export function resetMessage({ url }: { url: string }): Message {
  return written({
    subject: 'Choose another password',
    before: [
      'Hello,',
      'somebody, probably you, has forgotten the password of the Panoply account with this address. Open this link within an hour to choose another:',
    ],
    link: { url, words: 'Choose a password' },
    after: ['If it was not you, you need not do anything: your password stays what it is.'],
  })
}

/** The same for an address whose company nobody has founded here; `url` leads to sign-up. */
export function noAccountMessage({ url }: { url: string }): Message {
  return written({
    subject: 'No account with this address',
    before: [
      'Hello,',
      'somebody, probably you, asked for another password for a Panoply account with this address. There is none here. An account is made at:',
    ],
    link: { url, words: 'Create an account' },
    after: ['If it was not you, you need not do anything.'],
  })
}

/** Tells somebody that their password is another one now. */
export function passwordChangedMessage(): Message {
  return written({
    subject: 'Your password was changed',
    before: [
      'Hello,',
      'the password of your Panoply account was changed just now, and every other session was ended.',
    ],
    after: [
      'If it was not you, ask for another password at once on the page where you sign in, and tell an administrator of your organisation.',
    ],
  })
}

function written({ subject, before, link, after }: Letter): Message {
  const paragraph = (line: string) => `<p>${escapeHtml(line)}</p>`
  const button = link
    ? `<p style="margin:28px 0"><a href="${escapeHtml(link.url)}" style="background:#1f7a68;color:#fff;padding:10px 18px;border-radius:6px;text-decoration:none">${escapeHtml(link.words)}</a></p>`
    : ''
  const quiet = after.map((line) => `<p style="color:#51607a">${escapeHtml(line)}</p>`).join('')
  return {
    subject,
    text: `${[...before, ...(link ? [link.url] : []), ...after].join('\n\n')}\n`,
    html: `<!doctype html><html lang="en"><meta charset="utf-8"><title>${escapeHtml(subject)}</title><body style="font:15px/1.6 system-ui,sans-serif;color:#16181d;background:#faf9f6;margin:0;padding:32px"><div style="max-width:520px;margin:auto">${before.map(paragraph).join('')}${button}${quiet}</div></body></html>`,
  }
}

/** Text as HTML shows it. */
export function escapeHtml(text: string): string {
  return text.replace(/[&<>"']/g, (letter) => `&#${letter.charCodeAt(0)};`)
}
