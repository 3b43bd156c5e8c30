/** One line of what people typed or a device sent, with nothing in it that cannot be seen. */

/**
 * Control characters, line ends, halves of pairs, what is no character, and what is shown as nothing: marks that turn text around, fillers,
 * tags. Joiners stay, whole scripts need them, and what chooses between the two looks of a sign.
 */
const UNSEEN =
  /(?!\p{Join_Control}|\ufe0e|\ufe0f)[\p{Cc}\p{Cs}\p{Zl}\p{Zp}\p{Default_Ignorable_Code_Point}\p{Noncharacter_Code_Point}\u2800\ufff9-\ufffb]/gu

/** The text as one line: in NFC, spaces single, unseen characters gone, ends trimmed, at most `longest` characters; '' when nothing is left. */
export function cleanLine(text: string, longest: number): string {
  const line = text
    .toWellFormed()
    .replace(/[\t\n\r]+/g, ' ')
    .replace(UNSEEN, '')
    .normalize('NFC')
    .replace(/\s+/g, ' ')
    .trim()
  return line.length <= longest ? line : [...line].slice(0, longest).join('').trim()
}
