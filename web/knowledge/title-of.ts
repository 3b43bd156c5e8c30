// What a document is called on a screen. Its title is empty where it does not open any more.
import { t } from '../app/t.ts'

export function titleOf(title: string): string {
  return title || t('document.damaged')
}
