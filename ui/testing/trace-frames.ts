/**
 * What a page's main thread works for each picture, from a trace of Chromium (Trace Event Format).
 */

/** Categories of events that this needs. */
export const TRACED = [
  'devtools.timeline',
  'disabled-by-default-devtools.timeline',
  'disabled-by-default-devtools.timeline.frame',
  'devtools.timeline.frame',
]

interface TraceEvent {
  readonly name: string
  readonly pid: number
  readonly tid: number
  /** µs. */
  readonly ts: number
  /** µs on the wall, and of CPU. */
  readonly dur?: number
  readonly tdur?: number
}

/** Milliseconds of CPU from one picture's beginning to the next one's: script, style, layout, paint. */
export function framesOf({
  traceEvents,
}: {
  readonly traceEvents: readonly TraceEvent[]
}): number[] {
  const beginnings = traceEvents.filter(({ name }) => name === 'BeginMainThreadFrame')
  const [main] = mostFrequent(beginnings.map(({ pid, tid }) => `${pid} ${tid}`))
  const onMain = ({ pid, tid }: TraceEvent): boolean => `${pid} ${tid}` === main
  const starts = beginnings
    .filter(onMain)
    .map(({ ts }) => ts)
    .toSorted((a, b) => a - b)
  const tasks = traceEvents
    .filter(event => event.name === 'RunTask' && onMain(event))
    .toSorted((a, b) => a.ts - b.ts)
  const frames = starts.map(() => 0)
  let frame = -1
  for (const { ts, dur = 0, tdur = dur } of tasks) {
    // The task that draws a picture begins before it says so.
    while (frame + 1 < starts.length && (starts[frame + 1] ?? 0) < ts + dur) frame++
    if (frame >= 0) frames[frame] = (frames[frame] ?? 0) + tdur / 1_000
  }
  // Of the last one the end is not known.
  return frames.slice(0, -1)
}

function mostFrequent(names: readonly string[]): string[] {
  const counts = new Map<string, number>()
  for (const name of names) counts.set(name, (counts.get(name) ?? 0) + 1)
  return [...counts].toSorted(([, a], [, b]) => b - a).map(([name]) => name)
}
