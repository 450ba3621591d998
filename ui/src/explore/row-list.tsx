import {
  type Accessor,
  createEffect,
  createMemo,
  createSignal,
  type JSX,
  on,
  onCleanup,
  onMount,
  Show,
} from 'solid-js'
import type { Row } from '#proto/api.ts'
import { browserClock, type Cancel } from '../clock.ts'
import type { Zone } from '../kit/wall-time.ts'
import type { Column } from './columns-model.ts'
import type { Phrase } from './highlight-model.ts'
import { positionOf } from './row-book.ts'
import type { RowLook } from './row-element.ts'
import { type Density, heightsOf, layoutOf, type RowHeights } from './row-layout-model.ts'
import type { RowSequence } from './row-sequence.ts'
import { RowWindow, type ShownRows } from './row-window.ts'
import { RowsHead } from './rows-head.tsx'
import { type Scrolled, SPACE_MAX, scrolled, scrolledTo, spaceOf } from './tall-scroll-model.ts'
import {
  isNearEnd,
  scrollToKeep,
  scrollToReveal,
  type Viewport,
  windowOf,
} from './virtual-window-model.ts'

export interface RowListProps {
  readonly rows: RowSequence
  readonly activeId: string | null
  readonly openId: string | null
  readonly zone: Zone
  /** The rows stretch over more than a day: times need a date. */
  readonly dated: boolean
  readonly columns: readonly Column[]
  readonly density: Density
  readonly wrap: boolean
  readonly phrases: readonly Phrase[]
  readonly busy: boolean
  readonly footer: JSX.Element
  readonly onColumns: (columns: readonly Column[]) => void
  readonly onOpen: (row: Row) => void
  readonly onAway: (away: boolean) => void
  readonly onNearEnd: () => void
  /** Rows from `first` to before `end` are in view. */
  readonly onLook: (first: number, end: number) => void
  /** Hands out how to scroll to the newest row. */
  readonly control: (control: RowListControl) => void
}

export interface RowListControl {
  toTop(): void
  reveal(index: number): void
}

/** Of the skeleton that stands in for rows. */
export const ROW_HEIGHT = 26
const HEAD_HEIGHT = 28
const OVERSCAN = 12
/** Who scrolls further than a screen with each picture passes by what lies beside it. */
const OVERSCAN_LEAPING = 2
const LEAP_ENDS_MS = 150
/** From here on a reader has left the newest row. */
const AWAY_PIXELS = 12

/** A list of very many rows, of which only those in view stand in the document. */
export function RowList(props: RowListProps): JSX.Element {
  const [preview, setPreview] = createSignal<readonly Column[] | null>(null)
  const [size, setSize] = createSignal({ width: 1000, height: 600 })
  const [charWidth, setCharWidth] = createSignal(7.25)
  const columns = createMemo(() => preview() ?? props.columns)
  const layout = createMemo(() =>
    layoutOf({
      width: size().width,
      columns: columns(),
      dated: props.dated,
      density: props.density,
      wrap: props.wrap,
      charWidth: charWidth(),
    }),
  )
  const heights = createMemo(() => heightsOf(props.rows, layout()))
  const headHeight = (): number => (layout().stacked ? 0 : HEAD_HEIGHT)
  const scroll = createScroll(props, heights, () => Math.max(0, size().height - headHeight()))
  const view = createMemo(() =>
    windowOf({
      viewport: scroll.viewport(),
      heights: heights(),
      overscan: scroll.leaping() ? OVERSCAN_LEAPING : OVERSCAN,
    }),
  )
  const visible = createMemo(() => props.rows.run(view().first, view().end))
  const look = createLook(props, columns)
  createEffect(() => props.onLook(view().first, view().end))
  const heightAt = (index: number): number | null =>
    props.wrap ? heights().top(index + 1) - heights().top(index) : null
  let list: RowWindow | undefined
  const shown = (): ShownRows => ({ ...visible(), look: look(), heightAt })
  return (
    <div
      ref={element => {
        scroll.attach(element)
        observeSize(element, setSize)
      }}
      class="rows"
      classList={{
        'rows-busy': props.busy,
        'rows-stacked': layout().stacked,
        'rows-wrapped': props.wrap,
      }}
      style={{
        '--columns': layout().template,
        '--row-height': `${layout().rowHeight}px`,
        '--line-height': `${layout().lineHeight}px`,
        '--width-min': `${layout().widthMin}px`,
      }}
      onScroll={scroll.moved}
    >
      <span class="char-measure" aria-hidden="true" ref={element => measure(element, setCharWidth)}>
        0000000000
      </span>
      <div
        class="rows-grid"
        role="grid"
        aria-label="Logs, newest first"
        aria-rowcount={props.rows.count}
        aria-colcount={columns().length + 3}
        aria-busy={props.busy}
        aria-activedescendant={props.activeId === null ? undefined : `row-${props.activeId}`}
        tabIndex={0}
      >
        <Show when={!layout().stacked}>
          <div class="rows-head-group" role="rowgroup">
            <RowsHead columns={columns()} onPreview={setPreview} onColumns={props.onColumns} />
          </div>
        </Show>
        <div class="rows-space" role="rowgroup" style={{ height: `${spaceOf(heights().total)}px` }}>
          <div
            ref={element => {
              list = new RowWindow(element)
              showRows(props, list, shown)
            }}
            class="rows-window"
            role="presentation"
            onClick={event => {
              const row = list?.rowOf(event.target)
              // Who marks text to copy it does not want it moved away.
              if (row && getSelection()?.type !== 'Range') props.onOpen(row)
            }}
            // Not by a variable: every element in here would inherit it and be styled anew.
            style={{
              transform: `translateY(${heights().top(visible().first) - scroll.above()}px)`,
            }}
          />
        </div>
      </div>
      {props.footer}
    </div>
  )
}

/** Rows are drawn without the framework, which makes elements anew where others come into view. */
function showRows(props: RowListProps, list: RowWindow, shown: Accessor<ShownRows>): void {
  createEffect(() => list.show(shown()))
  createEffect(() => {
    shown()
    list.mark(props.activeId, props.openId)
  })
}

function createLook(props: RowListProps, columns: Accessor<readonly Column[]>): Accessor<RowLook> {
  const names = createMemo(() => columns().map(({ name }) => name), [], {
    equals: (before, after) => before.join('\n') === after.join('\n'),
  })
  return createMemo(() => ({
    zone: props.zone,
    dated: props.dated,
    columns: names(),
    wrapped: props.wrap,
    phrases: props.phrases,
  }))
}

function observeSize(
  element: HTMLElement,
  tell: (size: { readonly width: number; readonly height: number }) => void,
): void {
  const observer = new ResizeObserver(([entry]) => {
    if (entry !== undefined) tell(entry.contentRect)
  })
  onMount(() => observer.observe(element))
  onCleanup(() => observer.disconnect())
}

/** Messages are written in a font whose signs are all of one width: wrapping is arithmetic. */
function measure(element: HTMLElement, tell: (width: number) => void): void {
  onMount(() => {
    const { width } = element.getBoundingClientRect()
    if (width > 0) tell(width / (element.textContent?.trim().length ?? 1))
  })
}

/** How far the list is scrolled, and what follows from it. */
function createScroll(
  props: RowListProps,
  heights: Accessor<RowHeights>,
  height: Accessor<number>,
) {
  const [place, setPlace] = createSignal<Scrolled>({ top: 0, elementTop: 0 })
  const scrollTop = createMemo(() => place().top)
  const viewport = createMemo<Viewport>(() => ({ scrollTop: scrollTop(), height: height() }))
  const list = () => ({ total: heights().total, height: height() })
  const [leaping, setLeaping] = createSignal(false)
  let leapEnds: Cancel = () => {}
  onCleanup(() => leapEnds())
  const leap = (): void => {
    leapEnds()
    setLeaping(true)
    leapEnds = browserClock.after(LEAP_ENDS_MS, () => setLeaping(false))
  }
  let element: HTMLElement | undefined
  /** The browser may keep it from going that far. */
  const settle = ({ top, elementTop }: Scrolled): void => {
    if (element === undefined) return
    if (element.scrollTop !== elementTop) element.scrollTo({ top: elementTop })
    const actual = element.scrollTop
    if (Math.abs(top - scrollTop()) > height()) leap()
    setPlace({ top: top + actual - elementTop, elementTop: actual })
  }
  const moved = (): void => settle(scrolled(place(), element?.scrollTop ?? 0, list()))
  const scrollTo = (top: number): void => settle(scrolledTo(top, list()))
  // Whoever reads one row does not want it to be washed away.
  const isAway = createMemo(() => props.openId !== null || scrollTop() > AWAY_PIXELS)
  createEffect(on(isAway, away => props.onAway(away)))
  keepPlace({ rows: () => props.rows, heights, scrollTop, scrollTo })
  const reveal = (index: number): void => {
    // A row less, so that the revealed one does not stick to the lower edge.
    const inner = { scrollTop: scrollTop(), height: height() - ROW_HEIGHT }
    scrollTo(scrollToReveal(index, inner, heights()))
  }
  // The details take room from the list: the row that they belong to stays in view.
  createEffect(
    on([() => props.openId, height], ([openId]) => {
      const index = props.rows.indexOf(openId)
      if (index >= 0) reveal(index)
    }),
  )
  createEffect(() => {
    if (heights().count > 0 && isNearEnd(viewport(), heights())) props.onNearEnd()
  })
  onMount(() => props.control({ toTop: () => scrollTo(0), reveal }))
  return {
    viewport,
    leaping,
    moved,
    /** Height of the list above what the element holds. */
    above: () => place().top - place().elementTop,
    attach: (list: HTMLElement): void => {
      element = list
    },
  }
}

/** Rows that come in above leave the reader's eyes on their row; at the top the list moves on. */
function keepPlace(options: {
  readonly rows: Accessor<RowSequence>
  readonly heights: Accessor<RowHeights>
  readonly scrollTop: Accessor<number>
  readonly scrollTo: (top: number) => void
}): void {
  const { rows, heights, scrollTop, scrollTo } = options
  createEffect(
    on(
      () => [rows(), heights()] as const,
      (after, before) => {
        const top = scrollTop()
        if (before === undefined || top <= AWAY_PIXELS) return
        const [rowsBefore, heightsBefore] = before
        const [rowsAfter, heightsAfter] = after
        const indexBefore = heightsBefore.indexAt(top)
        const indexAfter = placeAfter(rowsBefore, rowsAfter, indexBefore)
        // Another search: its rows have nothing to do with those before.
        if (indexAfter === null) return scrollTo(0)
        const topBefore = heightsBefore.top(indexBefore)
        const topAfter = heightsAfter.top(indexAfter)
        // The element shows another share of a list that is taller than it.
        const isTall = heightsAfter.total > SPACE_MAX && heightsAfter.total !== heightsBefore.total
        if (topBefore === topAfter && !isTall) return
        scrollTo(scrollToKeep({ scrollTop: top, topBefore, topAfter }))
      },
      { defer: true },
    ),
  )
}

/** Where the row at `index` stands now; null = it does not. */
function placeAfter(before: RowSequence, after: RowSequence, index: number): number | null {
  const page = before.pageAt(index)
  if (page >= 0) {
    // Pages come and go, and stand for the same rows.
    const isSame = after.pages[page]?.key === before.pages[page]?.key
    return isSame ? index - (before.starts[page] ?? 0) + (after.starts[page] ?? 0) : null
  }
  const anchor = before.head[index]
  if (anchor === undefined) return null
  const place = positionOf(after.head, anchor)
  return after.head[place]?.id === anchor.id ? place : null
}
