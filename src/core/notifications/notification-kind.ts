// What can be told to people: each kind is declared by the room that tells it and named in its manifest. The web app has words for each.

/** What the words of a notification are filled with; sealed where it is stored. */
export type NotificationDetail = Readonly<Record<string, string>>

/** A kind of notification. `name` is product.noun.pastParticiple, like an audit event; `Detail` is what its words need. */
export interface NotificationKind<Detail extends NotificationDetail = NotificationDetail> {
  readonly name: string
  /** One line for whoever reads the manifest. */
  readonly summary: string
  /** Never set; keeps a detail of another shape out. */
  readonly detail?: Detail
}

/** Declares a kind. */
export function notificationKind<Detail extends NotificationDetail>(
  name: string,
  summary: string,
): NotificationKind<Detail> {
  return { name, summary }
}

/** Something that is the case in the whole installation, told once to each administrator for as long as it lasts. */
export interface StandingNotice {
  readonly kind: NotificationKind
  /** The same text for the same occurrence; at most 200 characters, of class configuration. */
  readonly source: string
  readonly detail: NotificationDetail
}
