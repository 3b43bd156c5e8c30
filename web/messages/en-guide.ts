// Words of the first steps: one line for each, by its name, and a sentence for the one that comes next.
export const enGuide = {
  'guide.title': 'First steps',
  'guide.count': '{taken} of {total} taken',
  'guide.short': '{taken} of {total}',
  'guide.isTaken': 'Taken: ',
  'guide.putAway': 'Put away',
  'guide.wasPutAway': 'The first steps are put away. The menu under your name opens them again.',
  'guide.kept': 'The first steps are as they were.',
  'guide.step.knowledge.document.added': 'Add a first document',
  'guide.step.knowledge.document.added.text':
    'A PDF of up to 100 MB. It is kept sealed, and can be read, searched and quoted.',
  'guide.step.knowledge.snip.created': 'Capture a first snip',
  'guide.step.knowledge.snip.created.text':
    'Open a document, select a passage, and say in a sentence what it tells you.',
  'guide.step.knowledge.search.asked': 'Find it by search',
  'guide.step.knowledge.search.asked.text':
    'Search looks into every page of every document, and into every snip.',
  'guide.step.core.person.joined': 'Invite colleagues',
  'guide.step.core.person.joined.text':
    'Whoever has a mail address of your organisation’s domain joins by creating an account with it.',
  'guide.step.trust.recoveryKit.kept': 'Keep the recovery kit',
  'guide.step.trust.recoveryKit.kept.text':
    'If the machine that holds the keys is lost, the data opens with this kit alone. Trust says how it is made and confirmed.',
  'guide.step.core.audit.proven': 'Check a proof',
  'guide.step.core.audit.proven.text':
    'Everything that happens leaves an event in a signed log. Open one, and your browser checks that it stands there unchanged.',
  'guide.step.core.audit.proven.seal':
    'Every record has a seal. Open one and choose Verify: your browser checks its place in the signed log.',
  'audit.action.core.guide.read': 'first steps looked at',
  'audit.action.core.guide.stepTaken': 'first step taken',
  'audit.action.core.guide.dismissed': 'first steps put away',
  'audit.action.core.guide.opened': 'first steps opened again',
} as const
