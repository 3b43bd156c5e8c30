// Sends one file by tus, so that what arrived is not sent again; the client resumes short breaks by itself.
import { DetailedError, Upload } from 'tus-js-client'
import { findUploadAddress, startUploadAddress } from '../app/api.gen.ts'
import { ApiProblem, clientHeaders, problemOf } from '../app/api-call.ts'
import type { Sender } from './upload-queue.ts'

const headers = { ...clientHeaders, Accept: 'application/json' }
/** A break of so many seconds in all is nobody's concern; a longer one is shown. */
const retryDelays = [0, 1000, 3000]
/** A connection on which nothing moves is given up; the server does so at the same time. */
const silentMs = 20_000

export const fileSender: Sender = {
  send: (file, uploadId, on) => {
    const { promise, resolve, reject } = Promise.withResolvers<{ id: string; wasThere: boolean }>()
    const silence = silenceWatch(() => {
      stop()
      reject(new ApiProblem({}, 0))
    })
    const upload = new Upload(file, {
      endpoint: absolute(startUploadAddress()),
      uploadUrl: uploadId === null ? null : absolute(findUploadAddress({ path: { id: uploadId } })),
      headers,
      retryDelays,
      storeFingerprintForResuming: false,
      metadata: { filename: file.name, lastmodified: String(file.lastModified) },
      onUploadUrlAvailable: () => on.started(upload.url?.split('/').at(-1) ?? ''),
      onProgress: (sent, total) => {
        if (sent < total) silence.moved()
        else silence.end()
        on.progress(sent)
      },
      onSuccess: ({ lastResponse }) => {
        silence.end()
        const id = lastResponse.getHeader('Panoply-Document')
        if (id) resolve({ id, wasThere: lastResponse.getHeader('Panoply-Duplicate') === '?1' })
        else reject(new ApiProblem({}, lastResponse.getStatus()))
      },
      onError: (error) => {
        silence.end()
        reject(problemFrom(error))
      },
    })
    function stop() {
      silence.end()
      void upload.abort()
    }
    silence.moved()
    upload.start()
    return { finished: promise, stop }
  },
  end: (uploadId) =>
    Upload.terminate(absolute(findUploadAddress({ path: { id: uploadId } })), { headers, retryDelays }),
}

function absolute(address: string): string {
  return new URL(address, window.location.href).href
}

function problemFrom(error: Error): ApiProblem {
  const response = error instanceof DetailedError ? error.originalResponse : null
  return response ? problemOf(response.getBody(), response.getStatus()) : new ApiProblem({}, 0)
}

function silenceWatch(onSilent: () => void) {
  let timer: number | undefined
  const end = () => window.clearTimeout(timer)
  return {
    end,
    moved: () => {
      end()
      timer = window.setTimeout(onSilent, silentMs)
    },
  }
}
