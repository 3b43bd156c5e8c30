// One snip: the insight first, then the evidence, then where it came from, one click away.
import { ActionIcon, Button, Group, Menu, Modal, Stack, Text } from '@mantine/core'
import { useClipboard, useDisclosure } from '@mantine/hooks'
import { notifications } from '@mantine/notifications'
import { IconDots, IconFileText, IconLink, IconPencil, IconPrinter, IconTrash } from '@tabler/icons-react'
import { Link, useNavigate } from '@tanstack/react-router'
import { useState } from 'react'
import { drawSnipAddress } from '../app/api.gen.ts'
import type { Snip } from '../app/records.ts'
import { t } from '../app/t.ts'
import { PersonName } from '../ui/PersonName.tsx'
import { ProblemNote } from '../ui/ProblemNote.tsx'
import { Seal } from '../ui/Seal.tsx'
import { When } from '../ui/When.tsx'
import classes from './SnipCard.module.css'
import { SnipForm } from './SnipForm.tsx'
import { useRemoveSnip, useRewrite } from './snip-writes.ts'
import { titleOf } from './title-of.ts'

interface Props {
  snip: Snip
  /** In the reader the source is on screen, so the card is smaller and its source leads to the passage. */
  place: 'feed' | 'reader'
  isChosen?: boolean
}

/** The words that stand for a snip where only one line fits. */
export function snipName(snip: Snip): string {
  return snip.insight || snip.quote?.exact.slice(0, 80) || t('snip.area')
}

/** The page a snip stands on, or its pages. */
export function placeText({
  page,
  continues,
}: {
  page: number
  continues: readonly { page: number }[]
}): string {
  const last = continues.at(-1)
  return last ? t('snip.pages', { first: page, last: last.page }) : t('snip.page', { page })
}

export function SnipCard({ snip, place, isChosen = false }: Props) {
  const [isEditing, setEditing] = useState(false)
  const [asking, ask] = useDisclosure()
  const rewrite = useRewrite(snip.id)
  const remove = useRemoveSnip(snip.id)
  const clipboard = useClipboard()
  const navigate = useNavigate()
  const copyLink = () => {
    clipboard.copy(`${window.location.origin}/knowledge/documents/${snip.documentId}?snip=${snip.id}`)
    notifications.show({ message: t('snip.linkCopied') })
  }
  if (isEditing) {
    return (
      <article className={classes.root} data-place={place}>
        <SnipForm
          initial={{ insight: snip.insight, note: snip.note, tags: snip.tags }}
          action={t('action.save')}
          isSaving={rewrite.isPending}
          error={rewrite.error}
          onSave={(words) => rewrite.mutate(words, { onSuccess: () => setEditing(false) })}
          onCancel={() => setEditing(false)}
        />
      </article>
    )
  }
  return (
    <article className={classes.root} data-place={place} data-chosen={isChosen || undefined} id={snip.id}>
      <header className={classes.header}>
        {snip.insight ? (
          <h2 className={`reading ${classes.insight}`}>{snip.insight}</h2>
        ) : (
          <h2 className={`reading ${classes.insight} ${classes.missing}`}>{t('snip.noInsight')}</h2>
        )}
        <Menu position="bottom-end">
          <Menu.Target>
            <ActionIcon aria-label={t('snip.more', { name: snipName(snip) })}>
              <IconDots size={18} />
            </ActionIcon>
          </Menu.Target>
          <Menu.Dropdown>
            <Menu.Item leftSection={<IconPencil size={16} stroke={1.5} />} onClick={() => setEditing(true)}>
              {t('snip.edit')}
            </Menu.Item>
            <Menu.Item leftSection={<IconLink size={16} stroke={1.5} />} onClick={copyLink}>
              {t('snip.copyLink')}
            </Menu.Item>
            <Menu.Item
              leftSection={<IconPrinter size={16} stroke={1.5} />}
              onClick={() =>
                void navigate({
                  to: '.',
                  search: (previous) => ({ ...previous, seal: snip.id }),
                  resetScroll: false,
                })
              }
            >
              {t('snip.print')}
            </Menu.Item>
            <Menu.Divider />
            <Menu.Item
              color="vermilion"
              leftSection={<IconTrash size={16} stroke={1.5} />}
              onClick={ask.open}
            >
              {t('snip.remove')}
            </Menu.Item>
          </Menu.Dropdown>
        </Menu>
      </header>
      {snip.kind === 'text' && snip.quote && (
        <blockquote className={`reading ${classes.quote}`}>{snip.quote.exact}</blockquote>
      )}
      {snip.kind === 'area' && snip.hasImage && (
        <img
          src={drawSnipAddress({ path: { id: snip.id } })}
          alt={t('snip.imageOf', { page: snip.page, title: titleOf(snip.documentTitle) })}
          loading="lazy"
          className={classes.image}
        />
      )}
      {snip.note && <p className={`reading ${classes.note}`}>{snip.note}</p>}
      {snip.tags.length > 0 && (
        <ul className={classes.tags} aria-label={t('capture.tags')}>
          {snip.tags.map((tag) => (
            <li key={tag}>
              <Link to="/knowledge/snips" search={{ tag }} className={classes.tag}>
                <bdi>{tag}</bdi>
              </Link>
            </li>
          ))}
        </ul>
      )}
      <footer className={classes.footer}>
        <Seal id={snip.id} name={snipName(snip)} state={snip.seal} />
        <Link
          to="/knowledge/documents/$documentId"
          params={{ documentId: snip.documentId }}
          search={{ snip: snip.id }}
          resetScroll={false}
          className={classes.source}
        >
          {place === 'feed' && <IconFileText size={16} stroke={1.5} aria-hidden="true" />}
          <bdi className="cut">{place === 'feed' ? titleOf(snip.documentTitle) : ''}</bdi>
          <span className={classes.page}>{placeText(snip)}</span>
        </Link>
        <span className={classes.by}>
          <PersonName id={snip.createdBy} />, <When at={snip.createdAt} />
        </span>
      </footer>
      <Modal opened={asking} onClose={ask.close} title={t('snip.removeTitle')}>
        <Stack>
          <Text>{t('snip.removeText')}</Text>
          {remove.error && <ProblemNote error={remove.error} kept={t('snip.removeKept')} />}
          <Group justify="flex-end">
            <Button variant="default" onClick={ask.close}>
              {t('action.keep')}
            </Button>
            <Button
              color="vermilion"
              loading={remove.isPending}
              onClick={() => remove.mutate(undefined, { onSuccess: ask.close })}
            >
              {t('snip.remove')}
            </Button>
          </Group>
        </Stack>
      </Modal>
    </article>
  )
}
