// Where things are: the sections of the shell and the pages in each. The only list of them.
import type { MessageKey } from './t.ts'

type NavKey = Extract<MessageKey, `nav.${string}`>

export interface Place {
  to:
    | '/knowledge'
    | '/knowledge/snips'
    | '/trust'
    | '/trust/audit'
    | '/trust/destroyed'
    | '/settings/people'
    | '/settings/password'
    | '/settings/sessions'
    | '/settings/api-keys'
    | '/settings/webhooks'
    | '/settings/organisation'
    | '/settings/outbox'
  label: NavKey
  /** Who sees it; null is everybody. */
  permission: string | null
}

export interface Section {
  id: 'knowledge' | 'trust' | 'settings'
  path: string
  label: NavKey
  pages: readonly Place[]
}

export const sections: readonly Section[] = [
  {
    id: 'knowledge',
    path: '/knowledge',
    label: 'nav.knowledge',
    pages: [
      { to: '/knowledge', label: 'nav.library', permission: null },
      { to: '/knowledge/snips', label: 'nav.snips', permission: null },
    ],
  },
  {
    id: 'trust',
    path: '/trust',
    label: 'nav.trust',
    pages: [
      { to: '/trust', label: 'nav.claims', permission: 'trust.claim.read' },
      { to: '/trust/audit', label: 'nav.audit', permission: 'core.audit.read' },
      { to: '/trust/destroyed', label: 'nav.destroyed', permission: 'core.destruction.read' },
    ],
  },
  {
    id: 'settings',
    path: '/settings',
    label: 'nav.settings',
    pages: [
      { to: '/settings/people', label: 'nav.people', permission: null },
      { to: '/settings/password', label: 'nav.password', permission: null },
      { to: '/settings/sessions', label: 'nav.sessions', permission: null },
      { to: '/settings/api-keys', label: 'nav.apiKeys', permission: 'core.key.manage' },
      { to: '/settings/webhooks', label: 'nav.webhooks', permission: 'core.webhook.manage' },
      { to: '/settings/organisation', label: 'nav.organisation', permission: null },
      { to: '/settings/outbox', label: 'nav.outbox', permission: 'core.outbox.read' },
    ],
  },
]

/** The section an address belongs to. */
export function sectionOf(pathname: string): Section | undefined {
  return sections.find((section) => pathname === section.path || pathname.startsWith(`${section.path}/`))
}

/** The sections and pages somebody with these permissions can use; a section without a page is not shown. */
export function sectionsFor(permissions: readonly string[]): readonly Section[] {
  return sections
    .map((section) => ({
      ...section,
      pages: section.pages.filter(
        ({ permission }) => permission === null || permissions.includes(permission),
      ),
    }))
    .filter(({ pages }) => pages.length > 0)
}
