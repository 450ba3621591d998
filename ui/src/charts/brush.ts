import { type Accessor, createMemo, createSignal, onCleanup, onMount } from 'solid-js'
import type { Interval } from '../time/time-range-model.ts'
import { type Bar, brushed, type HistogramScale } from './histogram-model.ts'

type PlotEvent = PointerEvent & { readonly currentTarget: HTMLElement }

export interface Brush {
  /** Where the pointer or the keys are, in pixels. */
  readonly at: Accessor<number | null>
  readonly selected: Accessor<Interval | null>
  readonly dragging: Accessor<boolean>
  readonly move: (event: PlotEvent) => void
  readonly leave: () => void
  readonly begin: (event: PlotEvent) => void
  readonly finish: () => void
  readonly cancel: () => void
  readonly key: (event: KeyboardEvent) => void
}

/** Where the pointer is and what a drag has selected, in whole bars; keys move the same mark. */
export function createBrush(options: {
  readonly scale: Accessor<HistogramScale>
  /** They tell the grid. */
  readonly bars: Accessor<readonly Bar[]>
  readonly onSelect: (interval: Interval) => void
}): Brush {
  const { scale, bars } = options
  const [at, setAt] = createSignal<number | null>(null)
  const [dragFrom, setDragFrom] = createSignal<number | null>(null)
  const selected = createMemo<Interval | null>(() => {
    const x = at()
    return x === null ? null : brushed(dragFrom() ?? x, x, bars(), scale())
  })
  const xOf = (event: PlotEvent): number => {
    const { left } = event.currentTarget.getBoundingClientRect()
    return Math.min(scale().width, Math.max(0, event.clientX - left))
  }
  const choose = (): void => {
    const interval = selected()
    if (interval !== null) options.onSelect(interval)
  }
  return {
    at,
    selected,
    dragging: () => dragFrom() !== null,
    move: event => void setAt(xOf(event)),
    leave: () => {
      if (dragFrom() === null) setAt(null)
    },
    begin: event => {
      if (event.button !== 0) return
      event.currentTarget.setPointerCapture(event.pointerId)
      setAt(xOf(event))
      setDragFrom(xOf(event))
    },
    finish: () => {
      if (dragFrom() !== null) choose()
      setDragFrom(null)
    },
    cancel: () => void setDragFrom(null),
    key: event => {
      const { interval, width, barMs } = scale()
      const step = (barMs / (interval.toMs - interval.fromMs)) * width
      const x = at() ?? width / 2
      if (event.key === 'ArrowLeft') setAt(Math.max(0, x - step))
      else if (event.key === 'ArrowRight') setAt(Math.min(width - 1, x + step))
      else if (event.key === 'Enter') choose()
      else if (event.key === 'Escape' && dragFrom() !== null) setDragFrom(null)
      else return
      event.preventDefault()
    },
  }
}

/** The width of an element as it is now; 0 until it is known. */
export function createWidth(
  tell: (width: number) => void = () => {},
): readonly [Accessor<number>, (element: HTMLElement) => void] {
  const [width, setWidth] = createSignal(0)
  return [
    width,
    element => {
      const observer = new ResizeObserver(([entry]) => {
        const wide = entry?.contentRect.width ?? 0
        setWidth(wide)
        if (wide > 0) tell(wide)
      })
      onMount(() => observer.observe(element))
      onCleanup(() => observer.disconnect())
    },
  ]
}
