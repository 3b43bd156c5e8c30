// Words of destruction: what is gone, whether it can come back, and what shows it.
export const enDestruction = {
  'nav.destroyed': 'Destroyed',
  'destroyed.title': 'Destroyed for good',
  'destroyed.lead':
    'What is removed here cannot be brought back, from older backups neither: its key is destroyed, and everything that lives is wrapped away from it. That takes about a quarter of an hour; then a signed certificate says so.',
  'destroyed.empty': 'When a document is removed or a person erased, its certificate will be here.',
  'destroyed.at': 'Destroyed',
  'destroyed.kind': 'What',
  'destroyed.kind.document': 'Document',
  'destroyed.kind.person': 'Person',
  'destroyed.kind.organisation': 'Organisation',
  'destroyed.keys': 'Keys',
  'destroyed.state': 'State',
  'destroyed.state.waiting': 'Keys run out',
  'destroyed.state.forgetting': 'Being forgotten',
  'destroyed.state.erased': 'Erased',
  'destroyed.state.certified': 'Certified',
  'destroyed.certificate': 'Certificate',
  'destroyed.notYet': 'Follows in minutes',
  'destroyed.download': 'Download',
  'destroyed.more': 'Show older ones',
} as const
