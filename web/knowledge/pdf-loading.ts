// Opens a document with pdf.js under our content security policy: own worker files, no WebAssembly, no eval.
// Must stay true: the worker and its files come from this origin only.
import { GlobalWorkerOptions, getDocument, type PDFDocumentLoadingTask } from 'pdfjs-dist'
import workerAddress from 'pdfjs-dist/build/pdf.worker.min.mjs?url'
import { readDocumentContentAddress } from '../app/api.gen.ts'
import { clientHeaders } from '../app/api-call.ts'

declare const __PDF_FILES__: string

/** Begins to load a document's pages; destroy() the task when the reader leaves. */
export function loadPdf(documentId: string): PDFDocumentLoadingTask {
  GlobalWorkerOptions.workerSrc = workerAddress
  return getDocument({
    url: readDocumentContentAddress({ path: { id: documentId } }),
    httpHeaders: clientHeaders,
    cMapUrl: `${__PDF_FILES__}cmaps/`,
    standardFontDataUrl: `${__PDF_FILES__}standard_fonts/`,
    wasmUrl: `${__PDF_FILES__}wasm/`,
    useWasm: false,
    enableXfa: false,
    disableWorkerRendering: true,
    maxImageSize: 64_000_000,
  })
}
