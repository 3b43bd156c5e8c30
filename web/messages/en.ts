// All English text of the web app, one room a file. The keys of this object are the type of every message key.
import { enClaims } from './en-claims.ts'
import { enDestruction } from './en-destruction.ts'
import { enGuide } from './en-guide.ts'
import { enKnowledge } from './en-knowledge.ts'
import { enNotifications } from './en-notifications.ts'
import { enSettings } from './en-settings.ts'
import { enShell } from './en-shell.ts'
import { enTrust } from './en-trust.ts'
import { enTrustPage } from './en-trust-page.ts'
import { enWebhooks } from './en-webhooks.ts'

export const en = {
  ...enShell,
  ...enKnowledge,
  ...enGuide,
  ...enTrust,
  ...enTrustPage,
  ...enClaims,
  ...enDestruction,
  ...enNotifications,
  ...enSettings,
  ...enWebhooks,
}
