// What the operator set from outside: mail, and what is meant for tests alone.
import { due, type Finding, failed, ok, unknown } from './finding.ts'
import type { Ground } from './ground.ts'

/** Mail and loopback, from the surroundings of the running `up`, or of this command when nothing runs. */
export function settingChecks({ config, told, up }: Ground): Finding[] {
  if (!config) return []
  if (told === null)
    return [
      unknown('settings', {
        found: `What process ${up?.pid ?? ''} was started with is closed to you.`,
        means: 'Mail and loopback cannot be told.',
        todo: 'Ask as root, or as the user who runs it.',
      }),
    ]
  return [checkMail(told), checkLoopback(told)]
}

function checkMail({
  PANOPLY_SMTP_URL: url,
  PANOPLY_MAIL_FROM: from,
}: Readonly<Record<string, string>>): Finding {
  if (url === undefined || url === '')
    return due('mail', {
      found: 'No mail server is set; mail is kept in the outbox.',
      means: 'Whoever knows the outbox’s address can finish anybody’s sign-up. Nobody gets mail.',
      todo: 'Before strangers sign up: start with PANOPLY_SMTP_URL=smtps://USER:PASSWORD@HOST and PANOPLY_MAIL_FROM.',
    })
  const parsed = URL.canParse(url) ? new URL(url) : null
  if (!parsed || !/^smtps?:$/.test(parsed.protocol) || parsed.hostname === '')
    return failed('mail', {
      found: 'PANOPLY_SMTP_URL is not an smtp:// or smtps:// address.',
      means: 'No mail goes out.',
      todo: 'Set it as smtps://USER:PASSWORD@HOST and start again.',
    })
  if (from === undefined || !/^[^\s@]+@[^\s@]+\.[^\s@]+$/.test(from.replace(/^.*<|>$/g, '')))
    return due('mail', {
      found: `Mail goes out by ${parsed.hostname}, but PANOPLY_MAIL_FROM is no address of a domain.`,
      means: 'Many servers refuse mail from panoply@localhost.',
      todo: 'Set PANOPLY_MAIL_FROM and start again.',
    })
  return ok('mail', `Goes out by ${parsed.hostname}. Whether it takes mail was not tried.`)
}

function checkLoopback({ PANOPLY_ALLOW_LOOPBACK: allow }: Readonly<Record<string, string>>): Finding {
  return allow === '1'
    ? due('loopback', {
        found: 'PANOPLY_ALLOW_LOOPBACK=1.',
        means:
          'Addresses that people enter may reach inside this machine. It is meant for tests and demos; the trust page shows it as a failure.',
        todo: 'Start without it.',
      })
    : ok('loopback', 'Outbound calls cannot reach inside this machine.')
}
