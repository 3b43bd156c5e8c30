// A snip before it is captured: where on the page it is, without what the person will write about it.
import type { CaptureSnipInput } from '../app/api.gen.ts'
import type { SnipRect } from '../app/records.ts'

export interface SnipDraft {
  kind: 'text' | 'area'
  page: number
  quote: { exact: string; prefix: string; suffix: string } | null
  rects: SnipRect[]
  /** The parts of the passage on the pages that follow. */
  continues: { page: number; exact: string; rects: SnipRect[] }[]
}

/** All words of a draft, over its pages. */
export function draftText({ quote, continues }: SnipDraft): string {
  return [quote?.exact ?? '', ...continues.map(({ exact }) => exact)].join(' ').trim()
}

/** The rectangles of a draft or a snip on one page. */
export function rectsOn(
  passage: { page: number; rects: SnipRect[]; continues: readonly { page: number; rects: SnipRect[] }[] },
  page: number,
): SnipRect[] {
  if (passage.page === page) return passage.rects
  return passage.continues.find((part) => part.page === page)?.rects ?? []
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
    ...(draft.continues.length > 0 ? { continues: draft.continues } : {}),
    ...words,
  }
}
