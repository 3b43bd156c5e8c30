// The mail that says that a webhook was disabled.
import { escapeHtml, type Message } from './account-messages.ts'

/**
 * The notice to an owner. Name and host are what an administrator wrote; nothing in it opens anything, so the rest of the address stays away:
 * with many receivers it is what lets a caller in.
 */
export function webhookMessage({
  name,
  host,
  reason,
}: {
  name: string
  host: string
  reason: 'gone' | 'failing'
}): Message {
  const why =
    reason === 'gone'
      ? 'Its receiver answered that it is gone (410).'
      : 'No message has arrived there for five days.'
  const lines = [
    'Hello,',
    `the webhook “${name}” of your organisation in Panoply was disabled and sends nothing any more. ${why}`,
    `It sent to: ${host}`,
    'Under Settings, Webhooks you can see every attempt and resume it. What could not be delivered in the last 30 days is sent then, as far as attempts are left.',
  ]
  return {
    subject: 'A webhook was disabled',
    text: `${lines.join('\n\n')}\n`,
    html: `<!doctype html><html lang="en"><meta charset="utf-8"><title>A webhook was disabled</title><body style="font:15px/1.6 system-ui,sans-serif;color:#16181d;background:#faf9f6;margin:0;padding:32px"><div style="max-width:520px;margin:auto">${lines.map((line) => `<p>${escapeHtml(line)}</p>`).join('')}</div></body></html>`,
  }
}
