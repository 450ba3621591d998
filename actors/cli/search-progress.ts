/** A search that tells people at a terminal how far it has come, on a line that goes away again. */
import { createInterface } from 'node:readline'
import { Readable } from 'node:stream'
import type { Problem, SearchLine, SearchProgress, SearchReply, SearchRequest } from '#proto/api.ts'
import { ClientError, type Connection, call, problemOf, reach } from './client.ts'
import { counted } from './terminal.ts'

const PATH = '/api/v1/logs/search'
const CLEAR_LINE = '\r\u001b[K'

export interface ProgressTerminal {
  readonly isTTY: boolean
  write(text: string): unknown
}

export async function searchTelling(
  connection: Connection,
  request: SearchRequest,
  terminal: ProgressTerminal,
): Promise<SearchReply> {
  if (!terminal.isTTY) return await call(connection, 'POST', PATH, request)
  const response = await reach(connection, PATH, {
    method: 'POST',
    headers: {
      authorization: `Bearer ${connection.token}`,
      'content-type': 'application/json',
      accept: 'application/x-ndjson',
    },
    body: JSON.stringify(request),
  })
  if (!response.ok || response.body === null) {
    throw problemOf(response.status, await response.text())
  }
  for await (const line of createInterface({ input: Readable.from(response.body) })) {
    const told = JSON.parse(line) as SearchLine
    terminal.write(told.type === 'progress' ? CLEAR_LINE + progressText(told) : CLEAR_LINE)
    if (told.type === 'result') return told
    if (told.type === 'problem') throw errorOf(told.problem)
  }
  throw new ClientError('the connection broke during the search', 'LOGBOY_SERVER_AWAY')
}

/** `searching: 12 of 40 parts, 3.2 M rows read, 17 matches so far, 2 s`. */
export function progressText(progress: SearchProgress): string {
  const { elapsed_ms, parts_done, parts, rows_read, total } = progress
  const seconds = `${Math.round(elapsed_ms / 1_000)} s`
  if (parts === null || rows_read === null) return `searching: ${seconds}`
  const rows = `${short(rows_read)} rows read`
  const matches = total === null ? [] : [`${counted(total, 'match', 'matches')} so far`]
  return `searching: ${[`${parts_done} of ${parts} parts`, rows, ...matches, seconds].join(', ')}`
}

function short(count: number): string {
  if (count < 10_000) return String(count)
  return count < 1e6 ? `${Math.round(count / 1e3)} k` : `${(count / 1e6).toFixed(1)} M`
}

function errorOf({ detail, code, status }: Problem): ClientError {
  return new ClientError(detail, code, status)
}
