// The open PDF of the reader: loading with progress, then pages, or why not.
import type { PDFDocumentProxy } from 'pdfjs-dist'
import { useEffect, useState } from 'react'
import { loadPdf } from './pdf-loading.ts'

export type PdfState =
  | { state: 'loading'; share: number | null }
  | { state: 'open'; pdf: PDFDocumentProxy }
  | { state: 'failed'; error: unknown }

export function usePdf(documentId: string): PdfState {
  const [held, setHeld] = useState<PdfState>({ state: 'loading', share: null })
  useEffect(() => {
    let isLeft = false
    const task = loadPdf(documentId)
    setHeld({ state: 'loading', share: null })
    task.onProgress = ({ percent }: { percent: number }) => {
      if (isLeft || Number.isNaN(percent)) return
      setHeld((known) => (known.state === 'loading' ? { state: 'loading', share: percent } : known))
    }
    task.promise.then(
      (pdf) => {
        if (!isLeft) setHeld({ state: 'open', pdf })
      },
      (error: unknown) => {
        if (!isLeft) setHeld({ state: 'failed', error })
      },
    )
    return () => {
      isLeft = true
      void task.destroy()
    }
  }, [documentId])
  return held
}
