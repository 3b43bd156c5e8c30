// Who did it: a person by name, a key as a key, Panoply itself.
import type { AuditEvent } from '../app/records.ts'
import { t } from '../app/t.ts'
import { PersonName } from '../ui/PersonName.tsx'

export function ActorName({ actor }: { actor: AuditEvent['actor'] }) {
  if (actor.personId) return <PersonName id={actor.personId} />
  if (actor.kind === 'key') return <>{t('audit.actor.key')}</>
  return <>{actor.kind === 'system' ? t('person.system') : t('audit.actor.nobody')}</>
}
