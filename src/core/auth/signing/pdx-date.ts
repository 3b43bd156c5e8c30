// The dates of Pandexio's signatures: ISO 8601 to the second, in UTC or with an offset.
import { SignatureRefused } from './signature-refused.ts'

const DATE =
  /^(\d{4})-(\d\d)-(\d\d)T([01]\d|2[0-3]):([0-5]\d):([0-5]\d)(?:Z|([+-])([01]\d|2[0-3]):([0-5]\d))$/

/** The instant a date names. Throws SignatureRefused for another form, and for days that no calendar has. */
export function readPdxDate(text: string): Date {
  const match = DATE.exec(text)
  if (!match) throw new SignatureRefused('form')
  const number = (group: number) => Number(match[group] ?? 0)
  const month = number(2) - 1
  const day = number(3)
  const date = new Date(Date.UTC(number(1), month, day, number(4), number(5), number(6)))
  if (date.getUTCMonth() !== month || date.getUTCDate() !== day) throw new SignatureRefused('form')
  const offset = (number(8) * 60 + number(9)) * 60_000
  return new Date(date.getTime() - (match[7] === '-' ? -offset : offset))
}
