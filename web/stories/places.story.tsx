// Stories of everything that is not Knowledge: account, trust, settings, activity, and what goes wrong.
import type { QueryClient } from '@tanstack/react-query'
import { queries } from '../app/queries.ts'
import type { Notification } from '../app/records.ts'
import { ago, anId, destructions, documents, events, onePage, people, signedIn } from './fixtures.ts'
import type { Story } from './story.ts'

const noFilter = {
  action: undefined,
  actor: undefined,
  record: undefined,
  outcome: undefined,
  from: undefined,
  to: undefined,
}

/** Every kind of notification, three of them unread. */
function told(client: QueryClient): void {
  const at = (index: number) => ({
    id: anId('ntf', index),
    createdAt: ago(index * index * 97 + 2),
    readAt: index < 3 ? null : ago(1),
    activity: null,
    record: null,
    detail: {},
  })
  const items: Notification[] = [
    { ...at(0), kind: 'trust.claim.failed', detail: { claim: 'PX-26' } },
    {
      ...at(1),
      kind: 'core.session.opened',
      record: { kind: 'session', id: anId('ses', 1) },
      detail: {
        ip: '2001:db8::8a2e:370:7334',
        userAgent: 'Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) Version/18.0 Mobile Safari/604.1',
      },
    },
    {
      ...at(2),
      kind: 'core.activity.failed',
      record: { kind: 'activity', id: anId('act', 1) },
      activity: {
        kind: 'knowledge.document.reading',
        title: 'Étude de faisabilité: réseau de capteurs en zone alpine, rapport_final_v12_relu_corrigé.pdf',
        code: 'document_unreadable',
        record: { kind: 'document', id: anId('doc', 3) },
      },
    },
    { ...at(3), kind: 'core.person.joined', record: { kind: 'person', id: anId('per', 1) } },
    { ...at(4), kind: 'core.person.roleChanged', detail: { role: 'administrator' } },
    { ...at(5), kind: 'core.key.rotated' },
    {
      ...at(6),
      kind: 'core.activity.done',
      record: { kind: 'activity', id: anId('act', 2) },
      activity: { kind: 'core.audit.exporting', title: '', code: null, record: null },
    },
  ]
  client.setQueryData(queries.unread().queryKey, { unread: 3, newest: items[0]?.id ?? null })
  client.setQueryData(queries.notifications('all').queryKey, {
    pageParams: [''],
    pages: [{ items, next: null, unread: 3 }],
  })
}

export const placeStories: readonly Story[] = [
  { name: 'sign-in', path: '/sign-in', fill: () => undefined },
  { name: 'sign-up', path: '/sign-up', fill: signedIn },
  { name: 'check-mail', path: '/check-mail?email=ingrid@acme.example', fill: () => undefined },
  {
    name: 'verify-found',
    path: '/verify?token=eu.v.abcdefgh',
    fill: (client) =>
      client.setQueryData(queries.verification('eu.v.abcdefgh').queryKey, {
        email: 'ingrid@acme.example',
        displayName: 'Ingrid Aldous',
        organisation: 'found',
        organisationName: 'Acme',
        passwordMinimumLength: 12,
        region: 'eu',
      }),
  },
  { name: 'verify-failed', path: '/verify?token=wrong', fill: () => undefined },
  {
    name: 'audit',
    path: '/trust/audit',
    fill: (client) => {
      signedIn(client)
      client.setQueryData(queries.audit(noFilter).queryKey, onePage(events))
    },
  },
  {
    name: 'audit-event',
    path: `/trust/audit?event=${events[0]?.id}`,
    fill: (client) => {
      signedIn(client)
      client.setQueryData(queries.audit(noFilter).queryKey, onePage(events))
    },
  },
  {
    name: 'destroyed',
    path: '/trust/destroyed',
    fill: (client) => {
      signedIn(client)
      client.setQueryData(queries.destructions().queryKey, onePage(destructions))
    },
  },
  {
    name: 'certificate-to-come',
    path: `/certificates/${anId('des', 9)}`,
    fill: () => undefined,
  },
  {
    name: 'seal',
    path: `/knowledge?seal=${documents[0]?.id}`,
    fill: (client) => {
      signedIn(client)
      client.setQueryData(
        queries.documents({ q: undefined, sort: '-createdAt', state: undefined }).queryKey,
        onePage(documents),
      )
      client.setQueryData(queries.seal(documents[0]?.id ?? '').queryKey, {
        record: { kind: 'document', id: documents[0]?.id ?? '' },
        state: 'in-order',
        code: '7K2QX-0M11P',
        createdBy: people[0]?.id ?? null,
        createdAt: ago(3000),
        createdIp: '192.0.2.44',
        updatedBy: people[1]?.id ?? null,
        updatedAt: ago(20),
        updatedIp: '2001:db8::8a2e:370:7334',
        region: 'eu',
        storageClass: 'content',
        key: { id: 'key-document-1', version: 3, since: ago(40_000) },
        readers: ['owner', 'administrator', 'member'].map((who) => ({ who, why: 'knowledge.document.read' })),
        log: { eventId: anId('evt', 1), position: 1811 },
      })
    },
  },
  {
    name: 'people',
    path: '/settings/people',
    fill: signedIn,
  },
  {
    name: 'sessions',
    path: '/settings/sessions',
    fill: (client) => {
      signedIn(client)
      const agents = [
        'Mozilla/5.0 (X11; Linux x86_64) Chrome/141.0 Safari/537.36',
        'Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) Version/18.0 Mobile Safari/604.1',
        'curl/8.9',
      ]
      client.setQueryData(queries.sessions().queryKey, {
        pageParams: [''],
        pages: [
          {
            items: agents.map((userAgent, index) => ({
              id: anId('ses', index),
              personId: anId('per', index === 2 ? 1 : 0),
              createdAt: ago(900),
              lastSeenAt: ago(index * 70),
              expiresAt: ago(-600),
              ip: '192.0.2.44',
              userAgent,
              current: index === 0,
            })),
            next: null,
          },
        ],
      })
    },
  },
  {
    name: 'api-keys',
    path: '/settings/api-keys',
    fill: (client) => {
      signedIn(client)
      client.setQueryData(queries.apiKeys().queryKey, {
        items: [
          {
            id: anId('key', 0),
            name: 'Nightly import',
            prefix: 'abcdefghijklm.k.Xy12',
            createdBy: anId('per', 0),
            createdAt: ago(9000),
            lastUsedAt: ago(500),
            expiresAt: ago(-90_000),
            permissions: ['knowledge.document.create', 'knowledge.document.read'],
            isScoped: true,
            signingId: `abcdefghijklm.${anId('key', 0)}`,
            domains: ['acme.example', 'acme-instruments.example'],
            allowsWeakAlgorithms: true,
            longestSeconds: 900,
            secrets: [0, 1].map((index) => ({
              id: anId('sec', index),
              kind: index === 0 ? ('hmac' as const) : ('ed25519' as const),
              createdBy: anId('per', 0),
              createdAt: ago(9000 - index * 4000),
              lastUsedAt: index === 0 ? ago(500) : null,
            })),
          },
          {
            id: anId('key', 1),
            name: 'Reporting',
            prefix: 'abcdefghijklm.k.Qr90',
            createdBy: anId('per', 1),
            createdAt: ago(19_000),
            lastUsedAt: null,
            expiresAt: null,
            permissions: [],
            isScoped: false,
            signingId: `abcdefghijklm.${anId('key', 1)}`,
            domains: [],
            allowsWeakAlgorithms: false,
            longestSeconds: 900,
            secrets: [],
          },
        ],
        next: null,
      })
    },
  },
  {
    name: 'organisation',
    path: '/settings/organisation',
    fill: (client) => {
      signedIn(client)
      client.setQueryData(queries.organisation().queryKey, {
        id: anId('org', 0),
        name: 'Acme Instruments',
        region: 'eu',
        domains: ['acme.example', 'acme-labs.example'],
        createdAt: ago(90_000),
        createdBy: anId('per', 0),
        updatedAt: ago(100),
        updatedBy: anId('per', 0),
        sessionIdleMinutes: 60,
        sessionAbsoluteHours: 12,
        passwordMinimumLength: 12,
        passwordStrength: 3,
        passwordHistory: 5,
        storage: { knowledge: true, agreements: true, fleet: false },
      })
    },
  },
  {
    name: 'outbox',
    path: '/settings/outbox',
    fill: (client) => {
      signedIn(client)
      client.setQueryData(queries.outbox().queryKey, {
        pageParams: [''],
        pages: [
          {
            items: [
              {
                id: anId('mail', 0),
                to: 'hubert@acme.example',
                subject: 'Confirm your address',
                text: 'Open https://localhost:8443/verify?token=…',
                html: '<p></p>',
                sentAt: ago(50),
              },
            ],
            next: null,
          },
        ],
      })
    },
  },
  {
    name: 'notifications',
    path: '/notifications',
    fill: (client) => {
      signedIn(client)
      told(client)
    },
  },
  {
    name: 'notifications-panel',
    path: '/settings/people?bell=open',
    fill: (client) => {
      signedIn(client)
      told(client)
    },
  },
  {
    name: 'notifications-empty',
    path: '/notifications',
    fill: (client) => {
      signedIn(client)
      client.setQueryData(queries.unread().queryKey, { unread: 0, newest: null })
      client.setQueryData(queries.notifications('all').queryKey, {
        pageParams: [''],
        pages: [{ items: [], next: null, unread: 0 }],
      })
    },
  },
  { name: 'activity', path: '/activity', fill: signedIn },
  { name: 'not-found', path: '/nowhere', fill: signedIn },
]
