// The reader's one row of tools: back, title with seal, page, zoom, find, area, panel.
import { ActionIcon, NumberInput, Tooltip } from '@mantine/core'
import {
  IconArrowLeft,
  IconArrowsHorizontal,
  IconCrop,
  IconDownload,
  IconLayoutSidebar,
  IconLayoutSidebarRight,
  IconMinus,
  IconPlus,
  IconSearch,
} from '@tabler/icons-react'
import { Link } from '@tanstack/react-router'
import { type ReactNode, useEffect, useState } from 'react'
import { readDocumentContentAddress } from '../app/api.gen.ts'
import type { DocumentRecord } from '../app/records.ts'
import { t } from '../app/t.ts'
import { Seal } from '../ui/Seal.tsx'
import type { ReaderTool } from './PdfReader.tsx'
import classes from './ReaderToolbar.module.css'
import { titleOf } from './title-of.ts'

interface Props {
  record: DocumentRecord
  page: number
  pageCount: number
  onPage: (page: number) => void
  onZoom: (how: 'in' | 'out' | 'fit') => void
  tool: ReaderTool
  onTool: (tool: ReaderTool) => void
  isFinding: boolean
  onFind: () => void
  isRailOpen: boolean
  onRail: () => void
  snipCount: number
  isPanelOpen: boolean
  onPanel: () => void
}

function Tool(props: {
  label: string
  pressed?: boolean
  onClick: () => void
  className?: string | undefined
  children: ReactNode
}) {
  return (
    <Tooltip label={props.label}>
      <ActionIcon
        aria-label={props.label}
        aria-pressed={props.pressed}
        variant={props.pressed ? 'light' : 'subtle'}
        color={props.pressed ? 'verdigris' : 'gray'}
        className={props.className ?? ''}
        onClick={props.onClick}
      >
        {props.children}
      </ActionIcon>
    </Tooltip>
  )
}

export function ReaderToolbar(props: Props) {
  const { record, page, pageCount, tool } = props
  const [typed, setTyped] = useState<number | string>(page)
  useEffect(() => setTyped(page), [page])
  const jump = () => {
    const wanted = Number(typed)
    if (Number.isInteger(wanted) && wanted >= 1 && wanted <= pageCount) props.onPage(wanted)
    else setTyped(page)
  }
  return (
    <div className={classes.root} role="toolbar" aria-label={t('reader.tools')}>
      <Tooltip label={t('reader.back')}>
        <ActionIcon component={Link} to="/knowledge" aria-label={t('reader.back')}>
          <IconArrowLeft size={18} />
        </ActionIcon>
      </Tooltip>
      <Seal id={record.id} name={titleOf(record.title)} state={record.seal} size={20} />
      <h1 className={`${classes.title} cut`} title={titleOf(record.title)}>
        <bdi>{titleOf(record.title)}</bdi>
      </h1>
      <div className={classes.group}>
        <Tool label={t('reader.thumbnails')} pressed={props.isRailOpen} onClick={props.onRail}>
          <IconLayoutSidebar size={18} />
        </Tool>
        <NumberInput
          className={classes.page ?? ''}
          aria-label={t('reader.pageJump')}
          value={typed}
          onChange={setTyped}
          onBlur={jump}
          onKeyDown={(event) => {
            if (event.key === 'Enter') jump()
          }}
          hideControls
          allowDecimal={false}
          allowNegative={false}
          size="xs"
        />
        <span className={classes.of}>{t('reader.pageOf', { count: pageCount })}</span>
      </div>
      <div className={classes.group}>
        <Tool label={t('reader.zoomOut')} onClick={() => props.onZoom('out')}>
          <IconMinus size={18} />
        </Tool>
        <Tool label={t('reader.zoomFit')} className={classes.wide} onClick={() => props.onZoom('fit')}>
          <IconArrowsHorizontal size={18} />
        </Tool>
        <Tool label={t('reader.zoomIn')} onClick={() => props.onZoom('in')}>
          <IconPlus size={18} />
        </Tool>
      </div>
      <div className={classes.group}>
        <Tool label={t('reader.find')} pressed={props.isFinding} onClick={props.onFind}>
          <IconSearch size={18} />
        </Tool>
        <Tool
          label={t('reader.area')}
          pressed={tool === 'area'}
          onClick={() => props.onTool(tool === 'area' ? 'select' : 'area')}
        >
          <IconCrop size={18} />
        </Tool>
        <Tooltip label={t('reader.download')}>
          <ActionIcon
            component="a"
            href={readDocumentContentAddress({ path: { id: record.id } })}
            download={record.fileName || true}
            aria-label={t('reader.download')}
            className={classes.wide ?? ''}
          >
            <IconDownload size={18} />
          </ActionIcon>
        </Tooltip>
        <Tool
          label={t('reader.panel', { count: props.snipCount })}
          pressed={props.isPanelOpen}
          onClick={props.onPanel}
        >
          <IconLayoutSidebarRight size={18} />
        </Tool>
      </div>
    </div>
  )
}
