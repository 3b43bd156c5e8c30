// Sends one file by XMLHttpRequest, the only way a page hears how much has gone out.
import { addDocumentAddress } from '../app/api.gen.ts'
import { ApiProblem, clientHeaders, problemOf } from '../app/api-call.ts'
import type { SendFile } from './upload-queue.ts'

/** The id in the answer to an upload. */
function storedId(body: string): string | null {
  const parsed: unknown = JSON.parse(body)
  return typeof parsed === 'object' && parsed !== null && 'id' in parsed && typeof parsed.id === 'string'
    ? parsed.id
    : null
}

export const sendFile: SendFile = (file, onProgress) => {
  const request = new XMLHttpRequest()
  const { promise, resolve, reject } = Promise.withResolvers<{ id: string; wasThere: boolean }>()
  request.open('POST', addDocumentAddress())
  for (const [name, value] of Object.entries(clientHeaders)) request.setRequestHeader(name, value)
  request.setRequestHeader('Accept', 'application/json')
  // The form's own bytes around the file are left out of what is shown.
  request.upload.onprogress = (event) =>
    onProgress(Math.min(file.size, Math.round((event.loaded / event.total) * file.size)))
  request.onerror = () => reject(new ApiProblem({}, 0))
  request.onabort = () => reject(new ApiProblem({}, 0))
  request.onload = () => {
    const isStored = request.status === 201 || request.status === 200
    const id = isStored ? storedId(request.responseText) : null
    if (id) resolve({ id, wasThere: request.status === 200 })
    else reject(problemOf(request.responseText, request.status))
  }
  const form = new FormData()
  form.append('file', file)
  request.send(form)
  return { finished: promise, abort: () => request.abort() }
}
