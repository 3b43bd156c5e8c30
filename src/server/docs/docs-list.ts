// What there is to read for those who write programs. The only list of it.

/** A guide that stands in docs/NAME.md and has a page. */
export interface Guide {
  readonly name: string
  readonly title: string
  /** The noun of the API whose operations it explains. */
  readonly noun: string
}

export const GUIDES: readonly Guide[] = [
  { name: 'signing', title: 'Signing requests', noun: 'api-keys' },
  { name: 'uploads', title: 'Uploads that resume', noun: 'uploads' },
  { name: 'webhooks', title: 'Webhooks', noun: 'webhooks' },
]

/** Every page, as it is linked to. */
export const DOCS: readonly { readonly to: string; readonly title: string }[] = [
  { to: '/docs/api', title: 'API reference' },
  ...GUIDES.map(({ name, title }) => ({ to: `/docs/${name}`, title })),
  { to: '/docs/errors', title: 'Errors' },
]
