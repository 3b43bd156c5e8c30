// The plain text of a mail with its https links made clickable; nothing else in it is interpreted.
import classes from './settings.module.css'

const link = /https:\/\/[^\s<>"]+/g

/** Cuts a text into plain parts and links. */
export function partsOf(text: string): { text: string; isLink: boolean }[] {
  const parts: { text: string; isLink: boolean }[] = []
  let at = 0
  for (const match of text.matchAll(link)) {
    parts.push({ text: text.slice(at, match.index), isLink: false }, { text: match[0], isLink: true })
    at = match.index + match[0].length
  }
  return [...parts, { text: text.slice(at), isLink: false }]
}

export function LetterText({ text }: { text: string }) {
  return (
    <div className={`reading ${classes.mail}`}>
      {partsOf(text).map((part, index) =>
        part.isLink ? (
          // biome-ignore lint/suspicious/noArrayIndexKey: the parts of a text are a fixed list.
          <a key={index} href={part.text} rel="noreferrer">
            {part.text}
          </a>
        ) : (
          part.text
        ),
      )}
    </div>
  )
}
