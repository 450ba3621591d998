/** Search, single rows and the tail socket, as the explorer calls them. */
import type { Row, SearchReply, SearchRequest } from '#proto/api.ts'
import type { Cancel } from '../clock.ts'
import { call } from './client.ts'

export function searchLogs(request: SearchRequest, signal: AbortSignal): Promise<SearchReply> {
  return call<SearchReply>('POST', '/api/v1/logs/search', { body: request, signal })
}

export function readRow(project: string, id: string, signal: AbortSignal): Promise<Row> {
  const params = new URLSearchParams({ project })
  return call<Row>('GET', `/api/v1/logs/${encodeURIComponent(id)}?${params}`, { signal })
}

/** Opens a WebSocket on this origin; answers how to close it. */
export function openSocket(
  path: string,
  events: { message(text: string): void; closed(): void },
): Cancel {
  const socket = new WebSocket(new URL(path, location.href.replace(/^http/, 'ws')))
  socket.addEventListener('message', ({ data }) => events.message(String(data)))
  socket.addEventListener('close', () => events.closed())
  return () => socket.close()
}
