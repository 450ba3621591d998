/** `GET /api/v1/tail`: plugs a browser's or a terminal's WebSocket into the live tail. */
import { z } from 'zod/v4'
import { bearerOf } from '#actors/gateway/authenticate.ts'
import type { HttpRequest, Socket, SocketEvents, SocketRoute } from '#actors/http/http-server.ts'
import { HttpProblem } from '#actors/http/problem.ts'
import type { RouteAbout } from '#actors/http/route-about.ts'
import type { RowFilter } from '#actors/processing/matcher.ts'
import type { AlertTail } from '#actors/tail/alert-tail.ts'
import type { TailPlace } from '#actors/tail/tail-place.ts'
import type { TailRequest, TailWish } from '#actors/tail/tail-request.ts'
import { decodeTailToken } from '#actors/tail/tail-token.ts'
import { BatchKind } from '#proto/gen/logboy/v1/envelope_pb.ts'
import type { TailFrame } from '#proto/tail.ts'
import type { Ref } from '#runtime/actor.ts'
import type { Clock } from '#runtime/clock.ts'
import { alertTokenOf, connectAlerts } from './alert-socket.ts'
import type { AuditLog } from './audit-log.ts'
import { noteSearch } from './audited.ts'
import {
  type Caller,
  type CallerDeps,
  callerOf,
  callersProject,
  requirePermission,
} from './caller.ts'
import { requireSameOrigin } from './cookies.ts'
import { PROBLEMS_OF, projectQuery } from './endpoint.ts'
import type { OpenSockets } from './open-sockets.ts'
import { levelsOf, tailFilter } from './search-request.ts'

export interface TailDeps extends CallerDeps {
  readonly audit: Pick<AuditLog, 'searched'>
  readonly tail: Ref<TailRequest>
  readonly alertTail: AlertTail
  readonly sockets: OpenSockets
  readonly clock: Clock
}

const COMMAND_BYTES_MAX = 64 * 1024
/** Browsers cannot set headers on a WebSocket; programs that cannot either offer the token so. */
const TOKEN_PROTOCOL = 'logboy.token.'
const PROTOCOL = 'logboy.tail'
export const TAIL_PERMISSION = 'logs.read'

const commandSchema = z.discriminatedUnion('type', [
  z.strictObject({
    type: z.literal('filter'),
    query: z.string(),
    services: z.array(z.string()).default([]),
    levels: z.array(z.string()).default([]),
  }),
  z.strictObject({ type: z.literal('pause') }),
  z.strictObject({ type: z.literal('resume') }),
])

export function tailSocket(deps: TailDeps): SocketRoute {
  return {
    path: '/api/v1/tail',
    messageBytesMax: COMMAND_BYTES_MAX,
    about: TAIL_ABOUT,
    async upgrade(request) {
      const caller = await callerOf(request, deps, offeredToken(request) ?? bearerOf(request))
      if (request.header('origin') !== null && request.header('cookie') !== null) {
        requireSameOrigin(request)
      }
      const { query } = request
      const project = await callersProject(caller, query.get('project') ?? undefined, deps)
      requirePermission(project, TAIL_PERMISSION)
      const filterOf = (asked: AskedFilter): RowFilter =>
        tailFilter(asked, project, deps.clock.nowUs())
      const filter = filterOf({
        query: query.get('query') ?? '',
        services: (query.get('services') ?? '').split(',').filter(name => name !== ''),
        levels: levelsOf(query.get('levels')),
      })
      const kind = kindOf(query.get('kind'))
      const searched = { method: 'GET', path: '/api/v1/tail', request, caller, body: undefined }
      noteSearch(deps.audit, { ...searched, projectId: project.id, query: asObject(query) })
      const offered = (request.header('sec-websocket-protocol') ?? '').split(',')
      const token = query.get('after')
      const { id: projectId } = project
      const connecting = (): ((socket: Socket) => SocketEvents) => {
        if (kind === ALERTS) {
          const after = alertTokenOf(token)
          return socket => {
            const forget = deps.sockets.add(caller, projectId, socket)
            return connectAlerts(socket, { projectId, after, forget }, deps.alertTail)
          }
        }
        const after = placeOf(token)
        return socket => connect(socket, caller, { projectId, kind, filter, filterOf, after }, deps)
      }
      return {
        ...(offered.some(name => name.trim() === PROTOCOL) ? { protocol: PROTOCOL } : {}),
        connect: connecting(),
      }
    },
  }
}

/** Without what only goes on where another tail ended. */
function asObject(query: URLSearchParams): Record<string, string> {
  return Object.fromEntries([...query].filter(([name]) => name !== 'after'))
}

const ALERTS = 'alerts'
const KINDS = { logs: BatchKind.LOGS, metrics: BatchKind.METRICS, [ALERTS]: ALERTS } as const
const KIND_NAMES = ['logs', 'metrics', ALERTS] as const

const TAIL_ABOUT: RouteAbout = {
  tag: 'logs',
  summary: 'A WebSocket with logs as they come in.',
  description:
    'Frames are JSON: hello, rows, idle, dropped, degraded, gap, alert. Each has a `token`; handed ' +
    'back as `after`, the last one goes on without gap or repeat.',
  who: 'member',
  needs: 'logs.read',
  query: projectQuery.extend({
    query: z.string().optional(),
    services: z.string().optional().describe('with commas'),
    levels: z.string().optional().describe('with commas, in any case'),
    kind: z
      .enum(KIND_NAMES)
      .optional()
      .describe('logs unless given; a point of a metric is a row; of alerts come `alert` frames'),
    after: z.string().optional().describe('a `token` of a frame, or a `tail_token` of a search'),
  }),
  answers: { 101: { description: 'The socket is open.', schema: null } },
  problems: ['LOGBOY_BAD_REQUEST', 'LOGBOY_BAD_QUERY', ...PROBLEMS_OF.member],
}

function kindOf(text: string | null): (typeof KINDS)[keyof typeof KINDS] {
  const name = KIND_NAMES.find(known => known === (text ?? 'logs'))
  if (name !== undefined) return KINDS[name]
  throw new HttpProblem('LOGBOY_BAD_REQUEST', `kind: ${text} is none of ${KIND_NAMES.join(', ')}`)
}

type AskedFilter = Parameters<typeof tailFilter>[0]
type FilterOf = (asked: AskedFilter) => RowFilter

interface SocketWish extends TailWish {
  readonly kind: BatchKind
  readonly filterOf: FilterOf
}

function connect(socket: Socket, caller: Caller, wish: SocketWish, deps: TailDeps): SocketEvents {
  const { tail } = deps
  const id = deps.sockets.nextId()
  const forget = deps.sockets.add(caller, wish.projectId, socket)
  const subscriber = {
    send(frameText: string, utf8?: Uint8Array) {
      if (utf8 === undefined) socket.send(frameText)
      else socket.sendText(utf8)
      return socket.bufferedBytes()
    },
    waitingBytes: () => socket.bufferedBytes(),
    close: (reason: string) => socket.close(1011, reason),
  }
  // A tail that is too busy to take another socket: the client comes back with its token.
  const { projectId, kind, filter, after } = wish
  if (!tail.offer({ type: 'subscribe', id, projectId, kind, filter, after, subscriber })) {
    socket.close(1013, 'overloaded')
  }
  return {
    message(data, text) {
      const request = commandOf({ data, text, id, filterOf: wish.filterOf })
      if ('problem' in request) socket.send(errorText(request.problem))
      else if (!tail.offer(request)) socket.close(1013, 'overloaded')
    },
    closed() {
      forget()
      // It has to arrive, however full the mailbox is; a tail that is gone has no subscriptions.
      void (async () => tail.tell({ type: 'unsubscribe', id }))().catch(() => undefined)
    },
  }
}

interface Command {
  readonly data: Uint8Array
  readonly text: boolean
  readonly id: string
  readonly filterOf: FilterOf
}

function commandOf({ data, text, id, filterOf }: Command): TailRequest | { problem: HttpProblem } {
  try {
    if (!text) throw new HttpProblem('LOGBOY_BAD_REQUEST', 'commands are JSON text')
    const command = commandSchema.parse(JSON.parse(new TextDecoder().decode(data)))
    if (command.type !== 'filter') return { type: command.type, id }
    const levels = levelsOf(command.levels.join(','))
    const { query, services } = command
    return { type: 'filter', id, filter: filterOf({ query, services, levels }) }
  } catch (error) {
    if (error instanceof HttpProblem) return { problem: error }
    return { problem: new HttpProblem('LOGBOY_BAD_REQUEST', 'the command is not understood') }
  }
}

function errorText({ code, message, options }: HttpProblem): string {
  const frame: TailFrame = { type: 'error', code, detail: message, ...options.members }
  return JSON.stringify(frame)
}

function placeOf(token: string | null): TailPlace | null {
  if (token === null || token === '') return null
  const place = decodeTailToken(token)
  if (place === null)
    throw new HttpProblem('LOGBOY_BAD_REQUEST', 'after: not a token of this server')
  return place
}

function offeredToken(request: HttpRequest): string | null {
  const offered = (request.header('sec-websocket-protocol') ?? '').split(',')
  const token = offered.map(part => part.trim()).find(part => part.startsWith(TOKEN_PROTOCOL))
  return token?.slice(TOKEN_PROTOCOL.length) ?? null
}
