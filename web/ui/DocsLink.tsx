// A link to what programmers read: pages of the same server that are no part of the app.
import { t } from '../app/t.ts'

export function DocsLink({ to }: { to: 'api' | 'signing' | 'webhooks' }) {
  return <a href={`/docs/${to}`}>{t(`docs.${to}`)}</a>
}
