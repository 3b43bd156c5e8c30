// A snip before it is captured: where on the page it is, without what the person will write about it.
import type { CaptureSnipInput } from '../app/api.gen.ts'
import type { SnipRect } from '../app/records.ts'

export interface SnipDraft {
  kind: 'text' | 'area'
  page: number
  quote: { exact: string; prefix: string; suffix: string } | null
  rects: SnipRect[]
}

export interface SnipWords {
  insight: string
  note: string
  tags: string[]
}

/** The body that captures a draft. */
export function captureBody(
  documentId: string,
  draft: SnipDraft,
  words: SnipWords,
): CaptureSnipInput['body'] {
  return {
    documentId,
    page: draft.page,
    kind: draft.kind,
    rects: draft.rects,
    ...(draft.quote ? { quote: draft.quote } : {}),
    ...words,
  }
}
