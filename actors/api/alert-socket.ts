/** The live tail with `kind=alerts`: changes of the states of a project, as the history has them. */
import type { HistoryEntry } from '#actors/catalog/alert-states.ts'
import type { Socket, SocketEvents } from '#actors/http/http-server.ts'
import { HttpProblem } from '#actors/http/problem.ts'
import type { AlertTail } from '#actors/tail/alert-tail.ts'
import { TAIL_SOCKET_BYTES_MAX } from '#proto/limits.ts'
import type { AlertTailFrame } from '#proto/tail.ts'
import { toldChange } from './alert-shapes.ts'

export interface AlertSocketWish {
  readonly projectId: string
  /** Entry of the history behind which it goes on; null = now. */
  readonly after: number | null
  /** The socket is gone. */
  readonly forget: () => void
}

export function connectAlerts(
  socket: Socket,
  { projectId, after, forget }: AlertSocketWish,
  alertTail: AlertTail,
): SocketEvents {
  const send = (frame: AlertTailFrame): void => socket.send(JSON.stringify(frame))
  const end = alertTail.subscribe({
    projectId,
    after,
    hello: from => send({ type: 'hello', token: String(from) }),
    told(entry: HistoryEntry) {
      send({ type: 'alert', alert: toldChange(entry), token: String(entry.id) })
      // It comes back with its token.
      if (socket.bufferedBytes() > TAIL_SOCKET_BYTES_MAX) socket.close(1013, 'too slow')
    },
  })
  return {
    message: () => socket.close(1003, 'a tail of alerts takes no commands'),
    closed() {
      end()
      forget()
    },
  }
}

/** Of a frame of such a tail. */
export function alertTokenOf(token: string | null): number | null {
  if (token === null || token === '') return null
  if (/^\d{1,15}$/.test(token)) return Number(token)
  throw new HttpProblem('LOGBOY_BAD_REQUEST', 'after: not a token of a tail of alerts')
}
