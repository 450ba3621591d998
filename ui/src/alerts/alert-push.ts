/**
 * The socket that says when alerts of a project change. What they are is asked for then; while it
 * is away the others who ask now and then are what there is.
 */
import { createSignal, onCleanup } from 'solid-js'
import type { AlertTailFrame } from '#proto/tail.ts'
import { openSocket } from '../api/logs.ts'
import { browserClock, type Cancel, jitter } from '../clock.ts'
import { watch } from '../kit/reactive.ts'

const RETRY_MS = 10_000

/** Answers whether the socket of the project is open. */
export function createAlertPush(
  projectId: () => string | null,
  onChange: (projectId: string) => void,
): (id: string) => boolean {
  const [openFor, setOpenFor] = createSignal<string | null>(null)
  watch(projectId, id => {
    if (id !== null) onCleanup(keepOpen(id, setOpenFor, onChange))
  })
  return id => openFor() === id
}

function keepOpen(
  id: string,
  setOpenFor: (id: string | null) => void,
  onChange: (projectId: string) => void,
): Cancel {
  const path = `/api/v1/tail?${new URLSearchParams({ project: id, kind: 'alerts' })}`
  let close: Cancel = () => {}
  let cancel: Cancel = () => {}
  let isOver = false
  const connect = (): void => {
    close = openSocket(path, {
      message: text => {
        const { type } = JSON.parse(text) as AlertTailFrame
        if (isOver) return
        setOpenFor(id)
        // What changed before it was open may have been missed.
        if (type === 'hello' || type === 'alert') onChange(id)
      },
      closed: () => {
        if (isOver) return
        setOpenFor(null)
        cancel = browserClock.after(RETRY_MS * (0.5 + jitter()), connect)
      },
    })
  }
  connect()
  return () => {
    isOver = true
    setOpenFor(null)
    cancel()
    close()
  }
}
