/** The tables of knowledge in a tenant's schema, as rows. Column classes and sealing are in the migrations. */
import type { ColumnType } from 'kysely'

type Bytes = ColumnType<Buffer, Uint8Array, Uint8Array>
type Time = ColumnType<Date, Date, Date>
/** int8 comes back as text from the driver. */
type Size = ColumnType<string, number, number>

export interface DocumentTable {
  id: string
  state: 'received' | 'reading' | 'ready' | 'unreadable'
  reason: string | null
  content_type: string
  size: Size
  page_count: number | null
  sha256: Bytes
  card: Bytes
  origin: Bytes
  activity_id: string | null
  created_by: string | null
  created_key: string | null
  created_at: Time
  updated_by: string | null
  updated_key: string | null
  updated_at: Time
}

export interface DocumentPageTable {
  document_id: string
  page: number
  width: number
  height: number
  has_text: boolean
  text: Bytes
}

export interface SnipTable {
  id: string
  document_id: string
  page: number
  kind: 'text' | 'area'
  has_image: ColumnType<boolean, boolean | undefined, boolean>
  evidence: Bytes
  card: Bytes
  origin: Bytes
  created_by: string | null
  created_key: string | null
  created_at: Time
  updated_by: string | null
  updated_key: string | null
  updated_at: Time
}

export interface TagTable {
  tag: Bytes
  name: Bytes
  used_at: Time
}

export interface SnipTagTable {
  tag: Bytes
  snip_id: string
}

export interface KnowledgeTables {
  document: DocumentTable
  document_page: DocumentPageTable
  snip: SnipTable
  tag: TagTable
  snip_tag: SnipTagTable
}
