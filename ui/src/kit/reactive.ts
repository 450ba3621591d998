/** The few reactive forms the page uses, in one place: a later Solid names them differently. */
import { type Accessor, createEffect, createSignal, on, onCleanup, type Signal } from 'solid-js'
import { browserClock, every } from '../clock.ts'

/** Runs `run` with each new value of `source`, the first one included. */
export function watch<T>(
  source: Accessor<T>,
  run: (value: T, before: T | undefined) => void,
): void {
  createEffect(on(source, (value, before) => run(value, before as T | undefined)))
}

/** Listens until the owner goes. */
export function listen<Type extends keyof WindowEventMap>(
  target: Window,
  type: Type,
  handle: (event: WindowEventMap[Type]) => void,
): void {
  target.addEventListener(type, handle)
  onCleanup(() => target.removeEventListener(type, handle))
}

/** The time, anew every `ms`. */
export function createNow(ms: number): Accessor<number> {
  const [now, setNow] = createSignal(browserClock.nowMs())
  onCleanup(every(browserClock, ms, () => setNow(browserClock.nowMs())))
  return now
}

/** A choice that this browser remembers. */
export function createStored<T extends string>(
  key: string,
  allowed: readonly T[],
  initial: T,
): Signal<T> {
  const name = `logboy.${key}`
  const stored = allowed.find(value => value === readStored(name))
  const [value, setValue] = createSignal<T>(stored ?? initial)
  createEffect(on(value, text => writeStored(name, text), { defer: true }))
  return [value, setValue]
}

/** A list of texts that this browser remembers under a name that may change. */
export function createStoredList(
  key: Accessor<string>,
): readonly [Accessor<readonly string[]>, (list: readonly string[]) => void] {
  const [list, setList] = createSignal<readonly string[]>([])
  watch(key, name => void setList(readList(`logboy.${name}`)))
  return [
    list,
    next => {
      setList(next)
      writeStored(`logboy.${key()}`, JSON.stringify(next))
    },
  ]
}

/** Whatever else stands there, another version or somebody else has written. */
function readList(name: string): readonly string[] {
  try {
    const list: unknown = JSON.parse(readStored(name) ?? '[]')
    return Array.isArray(list) ? list.filter(each => typeof each === 'string') : []
  } catch {
    return []
  }
}

/** Storage may be forbidden; then choices last as long as the page. */
function readStored(name: string): string | null {
  try {
    return localStorage.getItem(name)
  } catch {
    return null
  }
}

function writeStored(name: string, text: string): void {
  try {
    localStorage.setItem(name, text)
  } catch {
    // Forgotten with the page.
  }
}
