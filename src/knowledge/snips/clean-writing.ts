/** What people write, kept as they wrote it but for what no one can see or type. */

/** Control characters but tab and new line, lone surrogates, overrides of direction. */
const UNWANTED = /(?![\n\t])\p{Cc}|[\u202a-\u202e\u2066-\u2069]/gu

/** The text with one kind of line end, in NFC. */
export function cleanWriting(text: string): string {
  return text.toWellFormed().replace(/\r\n?/g, '\n').replace(UNWANTED, '').normalize('NFC')
}
