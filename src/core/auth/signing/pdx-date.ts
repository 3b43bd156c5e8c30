// The dates of Pandexio's signatures: ISO 8601 to the second, in UTC or with an offset.
import { SignatureRefused } from './signature-refused.ts'

const DATE =
  /^(\d{4})-(\d\d)-(\d\d)T([01]\d|2[0-3]):([0-5]\d):([0-5]\d)(?:Z|([+-])([01]\d|2[0-3]):([0-5]\d))$/

/** The instant a date names. Throws SignatureRefused for another form, and for days that no calendar has. */
export function readPdxDate(text: string): Date {
  const match = DATE.exec(text)
  if (!match) throw new SignatureRefused('form')
  const [year = 0, month = 0, day = 0, hour = 0, minute = 0, second = 0] = match.slice(1, 7).map(Number)
  const date = new Date(Date.UTC(year, month - 1, day, hour, minute, second))
  if (date.getUTCMonth() !== month - 1 || date.getUTCDate() !== day) throw new SignatureRefused('form')
  const offset = (Number(match[8] ?? 0) * 60 + Number(match[9] ?? 0)) * 60_000
  return new Date(date.getTime() - (match[7] === '-' ? -offset : offset))
}
