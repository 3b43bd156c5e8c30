// Names for the shapes the screens pass around; each is what an operation answers, nothing is declared twice.
import type * as api from './api.gen.ts'

export type DocumentRecord = api.ReadDocumentAnswer
export type Snip = api.ReadSnipAnswer
export type SnipRect = Snip['rects'][number]
export type Person = api.ListPeopleAnswer['items'][number]
export type Session = api.ListSessionsAnswer['items'][number]
export type ApiKey = api.ListApiKeysAnswer['items'][number]
export type Organisation = api.ReadOrganisationAnswer
export type Letter = api.ListOutboxAnswer['items'][number]
export type Activity = api.ReadActivityAnswer
export type AuditEvent = api.ListAuditAnswer['items'][number]
export type AuditProof = api.ProveAuditEventAnswer
export type SealRecord = api.ReadSealAnswer
export type SearchHit = api.SearchKnowledgeAnswer['items'][number]
export type Me = api.ReadMeAnswer
export type PageSize = api.ListPagesAnswer['items'][number]
