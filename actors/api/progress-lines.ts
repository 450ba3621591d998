/**
 * A slow query tells how far it has come: NDJSON in place of its answer, lines of progress and last
 * the result. Not server-sent events: those are read by GET alone, and a search has a body.
 */
import type { HttpAnswer, HttpRequest } from '#actors/http/http-server.ts'
import { HttpProblem, problemOf } from '#actors/http/problem.ts'
import type { Progress, Watch } from '#actors/store/store.ts'
import type { SearchProgress } from '#proto/api.ts'
import type { Clock } from '#runtime/clock.ts'

export const PROGRESS_INTERVAL_MS = 250
const LINES = 'application/x-ndjson'

export function wantsLines(request: HttpRequest): boolean {
  return (request.header('accept') ?? '').toLowerCase().includes(LINES)
}

/**
 * Runs a query that answers JSON text. One that ends before the first progress is due is answered
 * with its own status; what goes wrong later is the last line.
 */
export async function progressAnswer(
  query: (watch: Watch) => Promise<string>,
  clock: Clock,
): Promise<HttpAnswer> {
  let look: (() => Progress) | null = null
  const ending: Promise<Ending> = query(given => {
    look = given
  }).then(
    text => ({ text }),
    (error: unknown) => ({ error }),
  )
  const first = await Promise.race([ending, tick(clock)])
  if (first !== null && 'error' in first) throw first.error
  return {
    status: 200,
    headers: [
      ['content-type', LINES],
      ['cache-control', 'no-store'],
    ],
    chunks: lines(ending, () => look?.() ?? null, clock),
  }
}

type Ending = { readonly text: string } | { readonly error: unknown }

async function* lines(
  ending: Promise<Ending>,
  look: () => Progress | null,
  clock: Clock,
): AsyncGenerator<string, void, void> {
  const begunMs = clock.monotonicMs() - PROGRESS_INTERVAL_MS
  let ended = await Promise.race([ending, Promise.resolve(null)])
  for (; ended === null; ended = await Promise.race([ending, tick(clock)])) {
    const elapsedMs = clock.monotonicMs() - begunMs
    yield `${JSON.stringify(lineOf(look(), elapsedMs))}\n`
  }
  yield 'error' in ended ? problemLine(ended.error) : `{"type":"result",${ended.text.slice(1)}\n`
}

function lineOf(progress: Progress | null, elapsedMs: number): SearchProgress {
  return {
    type: 'progress',
    elapsed_ms: Math.round(elapsedMs),
    parts_done: progress?.partsDone ?? null,
    parts: progress?.parts ?? null,
    rows_read: progress?.rowsRead ?? null,
    bytes_read: progress?.bytesRead ?? null,
    total: progress?.total ?? null,
    histogram: progress?.histogram ?? [],
  }
}

/** A bug cuts the connection, as everywhere. */
function problemLine(error: unknown): string {
  if (!(error instanceof HttpProblem)) throw error
  return `${JSON.stringify({ type: 'problem', problem: problemOf(error) })}\n`
}

function tick(clock: Clock): Promise<null> {
  return new Promise(resolve => {
    clock.after(PROGRESS_INTERVAL_MS, () => resolve(null))
  })
}
