// Records the stories show: long names, other scripts, every state. Typed as the API answers them.
import type { QueryClient } from '@tanstack/react-query'
import { queries } from '../app/queries.ts'
import type {
  Activity,
  AuditEvent,
  Destruction,
  DocumentRecord,
  Me,
  Person,
  SearchHit,
  Snip,
} from '../app/records.ts'
import { stepNames } from '../guide/step-places.ts'

const letters = '0123456789abcdefghjkmnpqrstvwxyz'
/** An id that looks like one of ours. */
export function anId(kind: string, index: number): string {
  return `${kind}_01jc${letters[index % 32]}${letters[(index * 7) % 32]}${'7k3m9q2x5v8w1r4t6y0z'}`.slice(
    0,
    kind.length + 27,
  )
}
export const now = new Date()
export function ago(minutes: number): string {
  return new Date(now.getTime() - minutes * 60_000).toISOString()
}

const names: readonly [string, string, Person['role']][] = [
  ['Ingrid Aldous', 'ingrid@acme.example', 'owner'],
  ['Wolfeschlegelsteinhausenbergerdorff, Hubert Blaine', 'hubert@acme.example', 'administrator'],
  ['山田 花子', 'hanako@acme.example', 'member'],
  ['فاطمة الزهراء', 'fatima@acme.example', 'member'],
]
export const people: Person[] = names.map(([displayName, email, role], index) => ({
  id: anId('per', index),
  displayName,
  email,
  role,
  state: index === 3 ? 'suspended' : 'active',
  createdAt: ago(60_000 * (index + 1)),
  updatedAt: ago(60_000),
  lastSeenAt: index === 2 ? null : ago(index * 190 + 4),
}))
const regions = [
  { name: 'eu', url: 'https://localhost:8443' },
  { name: 'us', url: 'https://localhost:8444' },
  { name: 'asia', url: 'https://localhost:8445' },
]
export const me: Me = {
  person: { id: anId('per', 0), email: 'ingrid@acme.example', displayName: 'Ingrid Aldous', role: 'owner' },
  organisation: { id: anId('org', 0), name: 'Acme Instruments', region: 'eu' },
  permissions: [
    'core.people.manage',
    'core.organisation.manage',
    'core.audit.read',
    'core.key.manage',
    'core.outbox.read',
    'core.destruction.read',
    'core.organisation.destroy',
    'core.person.erase',
  ],
  keyPermissions: ['core.people.manage', 'core.organisation.manage', 'core.audit.read', 'core.key.manage'],
  session: { id: anId('ses', 0), expiresAt: ago(-600) },
  regions,
}

const titles = [
  'Trace-based Just-in-Time Type Specialization for Dynamic Languages',
  'Quarterly maintenance report, third quarter',
  'Supplier agreement with Globex (signed)',
  'Étude de faisabilité: réseau de capteurs en zone alpine',
  '品質管理マニュアル 第四版',
  'دليل السلامة المهنية',
  'A title that somebody pasted in whole from an e-mail subject and that goes on far longer than any column of any table could ever hope to show',
  'Invoice 2024-1187',
]
export const documents: DocumentRecord[] = Array.from({ length: 60 }, (_, index) => {
  const state = index === 1 ? 'reading' : index === 3 ? 'unreadable' : index === 7 ? 'received' : 'ready'
  return {
    id: anId('doc', index),
    title: titles[index % titles.length] ?? '',
    fileName: `file-${index}.pdf`,
    contentType: 'application/pdf',
    size: 48_000 * (index + 1) ** 2,
    sha256: 'ab'.repeat(32),
    source: index === 4 ? 'https://papers.example/2009/tracemonkey.pdf' : null,
    state,
    reason: state === 'unreadable' ? 'encrypted' : null,
    pageCount: state === 'ready' ? ((index * 37) % 410) + 14 : null,
    createdBy: anId('per', index % 3),
    createdAt: ago(index * 311 + 3),
    updatedBy: anId('per', 0),
    updatedAt: ago(index * 200 + 1),
    snipCount: (index * 5) % 13,
    activityId: state === 'reading' ? anId('act', 0) : null,
  } satisfies DocumentRecord
})

const insights = [
  'Type-specialised traces make dynamic languages almost as fast as static ones in loops.',
  '',
  'Hot loops are found by counting how often a backward jump is taken.',
]
const quotes = [
  'We present an alternative compilation technique for dynamically-typed languages that identifies frequently executed loop traces at run-time and then generates machine code on the fly that is specialized for the actual dynamic types occurring on each path through the loop.',
  'Dynamic languages such as JavaScript are more difficult to compile than statically typed ones.',
  'Most of the time is spent in hot loops.',
]
export const snips: Snip[] = insights.map((insight, index) => ({
  id: anId('snp', index),
  documentId: anId('doc', 0),
  documentTitle: titles[0] ?? '',
  page: index === 2 ? 2 : 1,
  kind: index === 2 ? 'area' : 'text',
  quote: index === 2 ? null : { exact: quotes[index] ?? '', prefix: 'Abstract ', suffix: ' Our method' },
  position: index === 2 ? null : { start: 100, end: 300 },
  rects:
    index === 2
      ? [{ x: 317, y: 72, width: 240, height: 150 }]
      : Array.from({ length: 3 }, (_, line) => ({
          x: 53,
          y: 340 - index * 100 + line * 11,
          width: 240,
          height: 10,
        })),
  insight,
  note:
    index === 0
      ? 'Compare with the method JIT of the next section.\nAsk Hubert about the benchmark set.'
      : '',
  tags: index === 0 ? ['compilers', 'performance', '性能'] : ['compilers'],
  continues: [],
  hasImage: index === 2,
  createdBy: anId('per', index),
  createdAt: ago(60 * (index + 1)),
  updatedBy: anId('per', index),
  updatedAt: ago(60),
}))

export const hits: SearchHit[] = [
  {
    kind: 'document',
    id: anId('doc', 0),
    documentId: anId('doc', 0),
    page: 1,
    title: titles[0] ?? '',
    score: 8,
    createdBy: anId('per', 0),
    createdAt: ago(400),
    passage: [
      { text: 'identifies frequently executed loop ', match: false },
      { text: 'traces', match: true },
      {
        text: ' at run-time and then generates machine code on the fly that is specialized for the actual dynamic types occurring on each path through the loop',
        match: false,
      },
    ],
  },
  {
    kind: 'snip',
    id: anId('snp', 0),
    documentId: anId('doc', 0),
    page: 1,
    title: insights[0] ?? '',
    score: 6,
    createdBy: anId('per', 1),
    createdAt: ago(90),
    passage: [
      { text: 'Type-specialised ', match: false },
      { text: 'traces', match: true },
      { text: ' make dynamic languages almost as fast', match: false },
    ],
  },
]

export const activities: Activity[] = [
  {
    id: anId('act', 0),
    kind: 'knowledge.document.reading',
    title: titles[1] ?? '',
    record: { kind: 'document', id: anId('doc', 1) },
    state: 'running',
    done: 1240,
    total: 10_000,
    unit: 'pages',
    isCancelRequested: false,
    error: null,
    createdBy: anId('per', 0),
    createdAt: ago(2),
    startedAt: ago(1),
    endedAt: null,
  },
  {
    id: anId('act', 1),
    kind: 'knowledge.document.reading',
    title: titles[3] ?? '',
    record: { kind: 'document', id: anId('doc', 3) },
    state: 'failed',
    done: 0,
    total: null,
    unit: null,
    isCancelRequested: false,
    error: { code: 'encrypted', message: 'It is locked with a password' },
    createdBy: anId('per', 0),
    createdAt: ago(50),
    startedAt: ago(50),
    endedAt: ago(49),
  },
  {
    id: anId('act', 2),
    kind: 'core.audit.exporting',
    title: 'Audit log',
    record: { kind: 'export', id: anId('exp', 0) },
    state: 'done',
    done: 1812,
    total: 1812,
    unit: 'events',
    isCancelRequested: false,
    error: null,
    createdBy: anId('per', 0),
    createdAt: ago(300),
    startedAt: ago(300),
    endedAt: ago(299),
  },
]

/** Documents that are fetched from addresses: under way, of unknown length, here already, and one that did not come. */
export const fetching: Activity[] = (
  [
    ['running', 'Annual report 2025', 31_000_000, 74_200_000, null],
    ['waiting', 'handbook-quality-management-fourth-edition-with-a-long-name.pdf', 0, null, null],
    ['done', 'tracemonkey.pdf', 1_016_315, 1_016_315, null],
    ['failed', 'supplier-agreement.pdf', 0, null, 'address_closed'],
  ] as const
).map(([state, title, done, total, code], index) => ({
  id: anId('act', 90 + index),
  kind: 'knowledge.document.fetching',
  title,
  record: { kind: 'document', id: anId('doc', 90 + index) },
  state,
  done,
  total,
  unit: 'bytes',
  isCancelRequested: false,
  error: code === null ? null : { code, message: '' },
  createdBy: anId('per', 0),
  createdAt: ago(1),
  startedAt: state === 'waiting' ? null : ago(1),
  endedAt: state === 'done' || state === 'failed' ? ago(0) : null,
}))

const actions = [
  'knowledge.snip.created',
  'knowledge.document.contentRead',
  'core.session.opened',
  'core.session.refused',
  'knowledge.document.added',
  'core.organisation.updated',
  'knowledge.search.asked',
]
export const events: AuditEvent[] = Array.from({ length: 80 }, (_, index) => {
  const action = actions[index % actions.length] ?? ''
  const isRefused = action === 'core.session.refused'
  return {
    id: anId('evt', index),
    at: ago(index * 13 + 1),
    action,
    outcome: isRefused ? 'refused' : index === 12 ? 'failed' : 'done',
    actor: {
      kind: 'person',
      personId: isRefused ? null : anId('per', index % 3),
      credentialId: isRefused ? null : anId('ses', 0),
    },
    onBehalfOf: null,
    record: action.startsWith('knowledge') ? { kind: 'document', id: anId('doc', 0) } : null,
    detail: action === 'knowledge.search.asked' ? { count: 12, total: 40 } : null,
    ip: index % 2 ? '192.0.2.44' : '2001:db8::8a2e:370:7334',
    userAgent:
      'Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/141.0.0.0 Safari/537.36',
    requestId: `req-${index}`,
    position: 1811 - index,
  } satisfies AuditEvent
})

/** Puts an infinite list of one page into the client. */
export function onePage<T>(items: T[]) {
  return { pages: [{ items, next: null, total: items.length }], pageParams: [''] }
}

/** The first steps of an owner, so many of them taken. */
export function firstSteps(client: QueryClient, taken: number): void {
  client.setQueryData(queries.guide().queryKey, {
    steps: stepNames.map((name, index) => ({ name, isTaken: index < taken })),
    isDismissed: false,
  })
}

/** What every signed-in story has. */
export function signedIn(client: QueryClient): void {
  firstSteps(client, 6)
  client.setQueryData(queries.me().queryKey, me)
  client.setQueryData(queries.people().queryKey, { items: people, next: null })
  client.setQueryData(queries.regions().queryKey, { items: regions })
  client.setQueryData(queries.activity().queryKey, { items: activities, next: null })
  client.setQueryData(queries.tags().queryKey, {
    items: [
      { tag: 'compilers', count: 12 },
      { tag: 'performance', count: 3 },
      { tag: '性能', count: 1 },
    ],
  })
  client.setQueryData(queries.document(anId('doc', 0)).queryKey, documents[0])
}

export const destructions: Destruction[] = (['waiting', 'forgetting', 'certified', 'certified'] as const).map(
  (state, index) => ({
    id: anId('des', index + 1),
    kind: index === 2 ? 'person' : 'document',
    subjectId: anId(index === 2 ? 'per' : 'doc', index + 40),
    state,
    keys: index === 3 ? 3 : 2,
    destroyedAt: ago(4 + index * 700),
    forgottenAt: state === 'certified' ? ago(index * 700 - 10) : null,
    certifiedAt: state === 'certified' ? ago(index * 700 - 11) : null,
  }),
)
