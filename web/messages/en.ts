// All English text of the web app, one room a file. The keys of this object are the type of every message key.
import { enKnowledge } from './en-knowledge.ts'
import { enSettings } from './en-settings.ts'
import { enShell } from './en-shell.ts'
import { enTrust } from './en-trust.ts'

export const en = { ...enShell, ...enKnowledge, ...enTrust, ...enSettings }
