// Names for the shapes the screens pass around; each is what an operation answers, nothing is declared twice.
import type * as api from './api.gen.ts'

export type DocumentRecord = api.Document
export type Snip = api.Snip
export type SnipRect = Snip['rects'][number]
export type Person = api.Person
export type Session = api.Session
export type ApiKey = api.ApiKey
export type Organisation = api.Organisation
export type Letter = api.KeptMail
export type Activity = api.Activity
export type Notification = api.Notification
export type AuditEvent = api.AuditEvent
export type AuditProof = api.AuditProof
export type SealRecord = api.Seal
export type SearchHit = api.SearchKnowledgeAnswer['items'][number]
export type Me = api.Me
export type PageSize = api.ListDocumentPagesAnswer['items'][number]
export type Claim = api.Claim
export type ClaimDetail = api.ClaimDetail
export type ClaimRun = Claim['evidence']['runs'][number]
export type ClaimResult = api.ClaimResult
export type Destruction = api.Destruction
export type Webhook = api.Webhook
export type WebhookDelivery = api.WebhookDeliverySummary
export type WebhookAttempt = api.WebhookAttempt
