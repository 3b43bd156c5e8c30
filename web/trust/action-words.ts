// An audit action in words: the exact one when we have it, else its parts read out ("knowledge document removed").
import { maybeText } from '../app/t.ts'

export function actionWords(action: string): string {
  return (
    maybeText(`audit.action.${action}`) ??
    action
      .split('.')
      .slice(1)
      .join(' ')
      .replace(/([A-Z])/g, ' $1')
      .toLowerCase()
  )
}
