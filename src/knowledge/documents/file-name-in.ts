/** The file name in a Content-Disposition field (RFC 6266), as its sender wrote it. Hostile: clean it before it is shown. */

const EXTENDED = /(?:^|;)\s*filename\*\s*=\s*(utf-8|iso-8859-1)'[^']*'([^;\s]+)/i
const QUOTED = /(?:^|;)\s*filename\s*=\s*"((?:[^"\\]|\\.)*)"/i
const TOKEN = /(?:^|;)\s*filename\s*=\s*([^;\s"]+)/i

/** Undefined when there is none that can be read. The extended form wins, as the RFC says. */
export function fileNameIn(field: string | undefined): string | undefined {
  if (field === undefined) return undefined
  const [, charset, encoded] = EXTENDED.exec(field) ?? []
  const extended = charset && encoded ? decode(encoded, /utf/i.test(charset) ? 'utf8' : 'latin1') : undefined
  const plain = QUOTED.exec(field)?.[1]?.replace(/\\(.)/g, '$1') ?? TOKEN.exec(field)?.[1]
  return extended || (plain === undefined ? undefined : asUtf8(plain)) || undefined
}

function decode(text: string, charset: 'utf8' | 'latin1'): string | undefined {
  if (/%(?![0-9a-f]{2})/i.test(text)) return undefined
  const bytes = text.replace(/%([0-9a-f]{2})/gi, (_, hex: string) =>
    String.fromCharCode(Number.parseInt(hex, 16)),
  )
  return Buffer.from(bytes, 'latin1').toString(charset)
}

/** Fields come as Latin-1; many senders mean UTF-8. */
function asUtf8(text: string): string {
  const utf8 = Buffer.from(text, 'latin1').toString('utf8')
  return utf8.includes('\ufffd') ? text : utf8
}
