// Words of destruction: what is gone, whether it can come back, and what shows it.
export const enDestruction = {
  'nav.destroyed': 'Destroyed',
  'destroyed.title': 'Destroyed for good',
  'destroyed.lead':
    'What is removed cannot be brought back, from older backups neither: file, pages and passages, title, tags and what people wrote on snips lie under one key, which is destroyed, and everything that lives is wrapped away from it. That takes about a quarter of an hour; then a signed certificate says so.',
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
  'claims.kit': 'Recovery kit not confirmed',
  'claims.kitText':
    'If the machine that holds the keys is lost, nobody can read the data again without the recovery kit. Whoever runs this installation makes it with “panoply admin recovery-kit”, keeps it elsewhere, and confirms it with the code at its end.',
  'people.eraseOpen': 'Erase for good…',
  'people.eraseTitle': 'Erase {name}',
  'people.eraseText':
    'Name, address and password are destroyed, with every session and key of this person, and where they worked from. Older backups cannot bring the name back.',
  'people.eraseStays':
    'Documents and snips they made stay with the organisation, and their events stay in the audit log, by somebody who was erased.',
  'people.eraseConfirm': 'Type {email} to erase this person',
  'people.erase': 'Erase for good',
  'people.erased': 'The person was erased. The certificate follows under Trust, Destroyed.',
  'people.eraseKept': 'Nobody was erased.',
  'organisation.end': 'End of the organisation',
  'organisation.endLead': 'An owner can destroy the organisation with everything in it.',
  'organisation.endOpen': 'Destroy the organisation…',
  'organisation.endTitle': 'Destroy {name}',
  'organisation.endText':
    'All documents and snips, all accounts, keys and settings, and the audit log itself will be gone for everybody, at once.',
  'organisation.endBack':
    'Nothing can bring them back, no backup either: the keys are destroyed. Export what you need first. A certificate stays, without a name.',
  'organisation.endConfirm': 'Type {name} to destroy it',
  'organisation.endNow': 'Destroy for good',
  'organisation.endKept': 'Nothing was destroyed.',
  'certificate.title': 'The organisation is destroyed',
  'certificate.toCome': 'The certificate is being made',
  'certificate.text':
    'Everything of it is gone, and no copy of its data opens any more. The certificate says which keys were destroyed and when.',
  'certificate.verify': 'Anybody can verify it offline: panoply admin verify-certificate.',
  'certificate.wait':
    'The organisation is gone. In about a quarter of an hour every key that was lent has run out, and the certificate will be here.',
  'certificate.keep': 'Keep the address of this page: it needs no account.',
} as const
