import {
  createEffect,
  createMemo,
  createSignal,
  For,
  type JSX,
  on,
  onCleanup,
  onMount,
} from 'solid-js'
import type { Row } from '#proto/api.ts'
import type { Zone } from '../kit/wall-time.ts'
import type { Phrase } from './highlight-model.ts'
import { positionOf } from './row-book.ts'
import { RowLine } from './row-line.tsx'
import {
  isNearEnd,
  scrollToKeep,
  scrollToReveal,
  type Viewport,
  windowOf,
} from './virtual-window-model.ts'

export interface RowListProps {
  readonly rows: readonly Row[]
  readonly activeId: string | null
  readonly openId: string | null
  readonly zone: Zone
  /** The rows stretch over more than a day: times need a date. */
  readonly dated: boolean
  readonly phrases: readonly Phrase[]
  readonly busy: boolean
  /** New rows are lit up for a moment. */
  readonly live: boolean
  readonly footer: JSX.Element
  readonly onOpen: (row: Row) => void
  readonly onAway: (away: boolean) => void
  readonly onNearEnd: () => void
  /** Hands out how to scroll to the newest row. */
  readonly control: (control: RowListControl) => void
}

export interface RowListControl {
  toTop(): void
  reveal(index: number): void
}

export const ROW_HEIGHT = 26
const OVERSCAN = 12

/** A list of very many rows, of which only those in view stand in the document. */
export function RowList(props: RowListProps): JSX.Element {
  const scroll = createScroll(props)
  const view = createMemo(() =>
    windowOf({
      viewport: scroll.viewport(),
      rowHeight: ROW_HEIGHT,
      count: props.rows.length,
      overscan: OVERSCAN,
    }),
  )
  const visible = createMemo(() => props.rows.slice(view().first, view().end))
  return (
    <div
      ref={scroll.attach}
      class="rows"
      role="grid"
      aria-label="Logs, newest first"
      aria-rowcount={props.rows.length}
      aria-busy={props.busy}
      aria-activedescendant={props.activeId === null ? undefined : `row-${props.activeId}`}
      tabIndex={0}
      classList={{ 'rows-busy': props.busy, 'rows-live': props.live, 'rows-dated': props.dated }}
      onScroll={scroll.moved}
    >
      <div
        class="rows-space"
        role="rowgroup"
        style={{ '--height': `${props.rows.length * ROW_HEIGHT}px` }}
      >
        <div class="rows-window" style={{ '--offset': `${view().first * ROW_HEIGHT}px` }}>
          <For each={visible()}>
            {(row, index) => (
              <RowLine
                row={row}
                number={view().first + index() + 1}
                active={props.activeId === row.id}
                open={props.openId === row.id}
                zone={props.zone}
                dated={props.dated}
                phrases={props.phrases}
                onOpen={props.onOpen}
              />
            )}
          </For>
        </div>
      </div>
      {props.footer}
    </div>
  )
}

/** How far the list is scrolled, and what follows from it. */
function createScroll(props: RowListProps) {
  const [scrollTop, setScrollTop] = createSignal(0)
  const [height, setHeight] = createSignal(600)
  const viewport = createMemo<Viewport>(() => ({ scrollTop: scrollTop(), height: height() }))
  let element: HTMLElement | undefined
  const moved = (): void => void setScrollTop(element?.scrollTop ?? 0)
  const scrollTo = (top: number): void => {
    element?.scrollTo({ top })
    moved()
  }
  // Whoever reads one row does not want it to be washed away.
  const isAway = createMemo(() => props.openId !== null || scrollTop() >= ROW_HEIGHT / 2)
  createEffect(on(isAway, away => props.onAway(away)))
  keepPlace({ rows: () => props.rows, scrollTop, scrollTo })
  const reveal = (index: number): void => {
    // A row less, so that the revealed one does not stick to the lower edge.
    const inner = { scrollTop: scrollTop(), height: height() - ROW_HEIGHT }
    scrollTo(scrollToReveal(index, inner, ROW_HEIGHT))
  }
  // The details take room from the list: the row that they belong to stays in view.
  createEffect(
    on([() => props.openId, height], ([openId]) => {
      const index = props.rows.findIndex(row => row.id === openId)
      if (index >= 0) reveal(index)
    }),
  )
  createEffect(() => {
    const { length } = props.rows
    if (length > 0 && isNearEnd(viewport(), ROW_HEIGHT, length)) props.onNearEnd()
  })
  onMount(() => {
    const observer = new ResizeObserver(([entry]) => setHeight(entry?.contentRect.height ?? 0))
    if (element !== undefined) observer.observe(element)
    onCleanup(() => observer.disconnect())
    props.control({
      toTop: () => scrollTo(0),
      reveal,
    })
  })
  return {
    viewport,
    moved,
    attach: (list: HTMLElement): void => {
      element = list
    },
  }
}

/** Rows that come in above leave the reader's eyes on their row; at the top the list moves on. */
function keepPlace(options: {
  readonly rows: () => readonly Row[]
  readonly scrollTop: () => number
  readonly scrollTo: (top: number) => void
}): void {
  const { rows, scrollTop, scrollTo } = options
  createEffect(
    on(
      rows,
      (after, before) => {
        const top = scrollTop()
        if (before === undefined || top < ROW_HEIGHT / 2) return
        const indexBefore = Math.floor(top / ROW_HEIGHT)
        const anchor = before[indexBefore]
        if (anchor === undefined) return
        const indexAfter = positionOf(after, anchor)
        // Another search: its rows have nothing to do with those before.
        if (after[indexAfter]?.id !== anchor.id) return scrollTo(0)
        const viewport = { scrollTop: top, height: 0 }
        scrollTo(scrollToKeep({ viewport, rowHeight: ROW_HEIGHT, indexBefore, indexAfter }))
      },
      { defer: true },
    ),
  )
}
