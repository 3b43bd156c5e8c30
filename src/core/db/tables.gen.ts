// Generated from migrations/ by `npm run gen`. Do not edit.
import type { ColumnType, Generated } from 'kysely'

export type Json = ColumnType<unknown, string, string>

export interface TenantTables {
  activity: {
    id: string
    task: string
    kind: string
    record_kind: string
    record: string
    title: Buffer
    state: string
    done: Generated<number>
    total: number | null
    unit: string | null
    error_code: string | null
    cancel_requested_at: Date | null
    cancel_requested_by: string | null
    created_by: string | null
    created_key: string | null
    created_at: Date
    started_at: Date | null
    ended_at: Date | null
    updated_at: Date
    origin: Buffer
    subject: string | null
  }
  api_key: {
    id: string
    token_hash: Buffer
    card: Buffer
    person: string
    created_by: string
    created_at: Date
    updated_by: string
    updated_at: Date
    last_used_at: Date | null
    expires_at: Date | null
    revoked_at: Date | null
    origin: Buffer
    scopes: string[] | null
    allows_weak: Generated<boolean>
    longest_seconds: Generated<number>
  }
  api_key_secret: {
    id: string
    api_key: string
    kind: string
    secret: Buffer | null
    created_by: string
    created_at: Date
    last_used_at: Date | null
    revoked_at: Date | null
    revoked_by: string | null
    origin: Buffer
  }
  audit: {
    id: string
    xid: Generated<string>
    at: Date
    action: string
    outcome: string
    actor_kind: string
    actor: string | null
    credential: string | null
    on_behalf: string | null
    record_kind: string | null
    record_id: string | null
    request_id: string | null
    detail: Json
    personal_hash: Buffer | null
    personal: Buffer | null
  }
  audit_checkpoint: {
    size: number
    root: Buffer
    note: string
    at: Date
  }
  audit_leaf: {
    position: number
    event: string
  }
  audit_tile: {
    level: number
    index: number
    hashes: Buffer
  }
  document: {
    id: string
    state: string
    reason: string | null
    content_type: string
    size: number
    page_count: number | null
    sha256: Buffer
    card: Buffer
    origin: Buffer
    activity_id: string | null
    created_by: string | null
    created_key: string | null
    created_at: Date
    updated_by: string | null
    updated_key: string | null
    updated_at: Date
  }
  document_blob: {
    id: string
    document_id: string
    use: string
    state: string
    page: number | null
    width: number | null
    snip_id: string | null
    size: number | null
    created_at: Date
  }
  document_fetch: {
    id: string
    state: string
    reason: string | null
    document: string | null
    activity: string | null
    card: Buffer
    origin: Buffer
    ended_at: Date | null
    created_by: string | null
    created_key: string | null
    created_at: Date
    updated_by: string | null
    updated_key: string | null
    updated_at: Date
  }
  document_page: {
    document_id: string
    page: number
    width: number
    height: number
    has_text: boolean
    text: Buffer
  }
  export: {
    id: string
    kind: string
    state: string
    activity: string
    blob: string | null
    size: number | null
    created_by: string
    created_at: Date
    updated_by: string
    updated_at: Date
    origin: Buffer
  }
  first_step: {
    person: string
    step: string
    at: Date
  }
  key: {
    id: string
    purpose: string
    version: number
    subject: string | null
    epoch: number
    wrapped: Buffer | null
    state: Generated<string>
    created_at: Generated<Date>
    destroyed_at: Date | null
  }
  key_epoch: {
    epoch: number
    wrapped: Buffer
    created_at: Generated<Date>
  }
  member: {
    person: string
    role: string
    state: Generated<string>
    created_by: string
    created_at: Date
    updated_by: string
    updated_at: Date
    origin: Buffer
  }
  notification: {
    id: string
    person: string
    kind: string
    record_kind: string | null
    record: string | null
    source: string | null
    card: Buffer
    created_at: Date
    read_at: Date | null
    origin: Buffer
  }
  organisation: {
    id: string
    one: Generated<boolean>
    card: Buffer
    session_idle_minutes: Generated<number>
    session_absolute_hours: Generated<number>
    password_minimum_length: Generated<number>
    storage: Json
    created_by: string
    created_at: Date
    updated_by: string
    updated_at: Date
    origin: Buffer
    password_strength: Generated<number>
    password_history: Generated<number>
  }
  person: {
    id: string
    email_blind: Buffer
    card: Buffer
    password: Buffer
    created_by: string
    created_at: Date
    updated_by: string
    updated_at: Date
    origin: Buffer
    former_passwords: Buffer | null
  }
  search_dead: {
    seq: Generated<number>
    entry: string | null
    owner: string | null
  }
  search_delta: {
    id: string
    seq: Generated<number>
    entries: number
    analyzer: number
    key_version: number
    sealed: Buffer
  }
  search_merge: {
    one: Generated<boolean>
    target: string | null
    inputs: string[] | null
    passes: number | null
    next_pass: number | null
  }
  search_page: {
    segment: string
    bucket: number
    sealed: Buffer
  }
  search_segment: {
    id: string
    state: string
    level: number
    bits: number
    entries: number
    words: number
    first_seq: number
    analyzer: number
    key_version: number
  }
  search_word: {
    segment: string
    part: number
    sealed: Buffer
  }
  session: {
    id: string
    token_hash: Buffer
    person: string
    created_at: Date
    last_seen_at: Date
    expires_at: Date
    revoked_at: Date | null
    revoked_by: string | null
    origin: Buffer
  }
  snip: {
    id: string
    document_id: string
    page: number
    kind: string
    has_image: Generated<boolean>
    evidence: Buffer
    card: Buffer
    origin: Buffer
    created_by: string | null
    created_key: string | null
    created_at: Date
    updated_by: string | null
    updated_key: string | null
    updated_at: Date
  }
  snip_tag: {
    tag: Buffer
    snip_id: string
  }
  spent_signature: {
    digest: Buffer
    ends_at: Date
  }
  upload: {
    id: string
    document_id: string
    blob_id: string
    size: number
    received: Generated<number>
    claim: string | null
    claimed_until: Date | null
    result: string | null
    is_duplicate: Generated<boolean>
    card: Buffer
    origin: Buffer
    owner_key: string | null
    created_by: string | null
    created_key: string | null
    created_at: Date
    updated_by: string | null
    updated_key: string | null
    updated_at: Date
    expires_at: Date
  }
  upload_part: {
    blob_id: string
    upload_id: string
    start_at: number
    size: number | null
  }
  webhook: {
    id: string
    state: string
    reason: string | null
    types: string[]
    card: Buffer
    failing_since: Date | null
    created_by: string
    created_at: Date
    updated_by: string
    updated_at: Date
    origin: Buffer
  }
  webhook_attempt: {
    id: string
    delivery: string
    at: Date
    milliseconds: number
    outcome: string
    status: number | null
    answer: Buffer | null
  }
  webhook_delivery: {
    id: string
    webhook: string
    event: string
    type: string
    at: Date
    record_kind: string | null
    record_id: string | null
    actor_kind: string
    actor: string | null
    state: Generated<string>
    attempts: Generated<number>
    next_at: Date | null
    claimed_until: Date | null
  }
  webhook_secret: {
    id: string
    webhook: string
    secret: Buffer
    ends_at: Date | null
    created_by: string
    created_at: Date
    origin: Buffer
  }
}

export interface CellTables {
  'cell.audit_due': {
    tenant: string
    at: Date
  }
  'cell.canary': {
    tenant: string
    number: number
    made_at: Generated<Date>
  }
  'cell.destruction': {
    id: string
    tenant: string
    kind: string
    subject: string
    keys: string[]
    index_keys: string[] | null
    awaits_index: boolean
    destroyed_at: Date
    batch: number | null
    certified_at: Date | null
    log: number | null
  }
  'cell.destruction_batch': {
    number: number
    epoch: number | null
    forgets: number[] | null
    sequence: number | null
    began_at: Date
    forgotten_at: Date | null
  }
  'cell.nudge': {
    tenant: string
    count: number
  }
  'cell.outbound_call': {
    id: string
    kind: string
    role: string
    local_port: number
    remote_port: number
    begun_at: Generated<Date>
    ended_at: Date | null
  }
  'cell.outbox': {
    id: string
    tenant: string | null
    sent_at: Date
    sealed: Buffer
  }
  'cell.probe': {
    layer: string
    attempts: number
    hits: number
    unclear: number
    since: Date
    last_at: Date
    last_hit_at: Date | null
    last_hit: string | null
  }
  'cell.probe_turn': {
    one: Generated<boolean>
    until: Date
  }
  'cell.refusal': {
    minute: Date
    address_blind: Buffer
    reason: string
    address: Buffer
    count: Generated<number>
  }
  'cell.refusal_day': {
    day: string
    reason: string
    addresses: number
    count: number
  }
  'cell.tenant': {
    tenant: string
    state: string
    created_at: Generated<Date>
    claimed_at: Date | null
    region_epoch: number | null
  }
  'cell.tenant_migration': {
    tenant: string
    number: number
    checksum: Buffer
    applied_at: Generated<Date>
  }
  'queue.cancellation': {
    tenant: string
    activity: string
  }
  'queue.migrations': {
    id: number
    ts: Generated<Date>
    breaking: Generated<boolean>
  }
  'trust.audit_checkpoint': {
    size: number
    root: Buffer
    note: string
    at: Date
  }
  'trust.audit_tile': {
    level: number
    index: number
    hashes: Buffer
  }
  'trust.program': {
    one: Generated<boolean>
    digest: string
    at: Date
  }
  'trust.result': {
    position: number
    evidence: string
    outcome: string
    at: Date
    leaf: string
  }
}

export interface DirectoryTables {
  'directory.domain': {
    domain_blind: Buffer
    tenant: string
  }
  'directory.route': {
    tenant: string
    region: string
    cell: string
    created_at: Generated<Date>
  }
}
