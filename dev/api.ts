// A small client of the API for the demonstration: trusts the installation's own authority and says what went wrong.
import { randomUUID } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { Agent, request } from 'node:https'

// biome-ignore lint/suspicious/noExplicitAny: the demonstration reads answers by hand and fails where they differ.
type Answer = any

export interface Api {
  get(url: string, path: string, token?: string): Promise<Answer>
  post(url: string, path: string, body: object, token?: string): Promise<Answer>
  upload(
    url: string,
    path: string,
    file: { name: string; bytes: Buffer; title: string },
    token: string,
  ): Promise<Answer>
  close(): void
}

/** What has too much to do changes nothing and says so; a machine that just started does, so it is asked again for so long. */
const PATIENCE_MS = 60_000

class Busy {
  readonly waitSeconds: number

  constructor(waitSeconds: number) {
    this.waitSeconds = waitSeconds
  }
}

/** Opens a client; `ca` is the file of the authority. Answers of 400 and above throw. */
export function openApi(ca: string): Api {
  const agent = new Agent({ ca: readFileSync(ca), keepAlive: true })
  const once = (method: string, url: string, headers: Record<string, string>, body?: Buffer) =>
    new Promise<Answer>((resolve, reject) => {
      const sent = request(
        url,
        { agent, method, headers: { accept: 'application/json', ...headers } },
        (answer) => {
          const pieces: Buffer[] = []
          answer.on('data', (piece: Buffer) => pieces.push(piece))
          answer.on('error', reject)
          answer.on('end', () => {
            const text = Buffer.concat(pieces).toString()
            const status = answer.statusCode ?? 0
            if (status === 503) resolve(new Busy(Number(answer.headers['retry-after'] ?? 1)))
            else if (status >= 400)
              reject(
                new Error(`${method} ${new URL(url).pathname} answered ${status}: ${text.slice(0, 500)}`),
              )
            else resolve(text === '' ? null : JSON.parse(text))
          })
        },
      )
      sent.on('error', reject)
      sent.end(body)
    })
  const send = async (method: string, url: string, headers: Record<string, string>, body?: Buffer) => {
    const end = Date.now() + PATIENCE_MS
    for (;;) {
      const answer = await once(method, url, headers, body)
      if (!(answer instanceof Busy)) return answer
      if (Date.now() > end) throw new Error(`${method} ${new URL(url).pathname} answered 503 for too long`)
      await new Promise((resolve) => setTimeout(resolve, answer.waitSeconds * 1000))
    }
  }
  const signed = (token: string | undefined): Record<string, string> =>
    token ? { authorization: `Bearer ${token}` } : {}
  return {
    get: (url, path, token) => send('GET', url + path, signed(token)),
    post: (url, path, body, token) =>
      send(
        'POST',
        url + path,
        { 'content-type': 'application/json', ...signed(token) },
        Buffer.from(JSON.stringify(body)),
      ),
    upload(url, path, file, token) {
      const mark = `demo-${randomUUID()}`
      const head =
        `--${mark}\r\nContent-Disposition: form-data; name="title"\r\n\r\n${file.title}\r\n` +
        `--${mark}\r\nContent-Disposition: form-data; name="file"; filename="${file.name}"\r\nContent-Type: application/pdf\r\n\r\n`
      const body = Buffer.concat([Buffer.from(head), file.bytes, Buffer.from(`\r\n--${mark}--\r\n`)])
      return send(
        'POST',
        url + path,
        { 'content-type': `multipart/form-data; boundary=${mark}`, ...signed(token) },
        body,
      )
    },
    close: () => agent.destroy(),
  }
}
