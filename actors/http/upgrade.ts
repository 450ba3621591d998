/** Decides on a WebSocket before its upgrade, the same for both drivers. */
import type { HttpAnswer, SocketAccept, SocketRoute } from './http-server.ts'
import { HttpProblem, problemAnswer } from './problem.ts'
import { WireRequest } from './request.ts'
import type { ServerState } from './server-state.ts'
import type { Wire } from './wire.ts'

export type UpgradeDecision =
  | { readonly type: 'accept'; readonly accept: SocketAccept; readonly route: SocketRoute }
  | { readonly type: 'refuse'; readonly answer: HttpAnswer }

/** Asks the route of the path; never rejects. */
export async function decideUpgrade(
  wire: Wire,
  state: ServerState,
  signal: AbortSignal,
): Promise<UpgradeDecision> {
  try {
    const found = state.socketRoutes.find(wire.method, wire.path)
    if (found.type !== 'found') {
      throw new HttpProblem('LOGBOY_NOT_FOUND', `no WebSocket at ${wire.path}`)
    }
    if (state.stopping) throw new HttpProblem('LOGBOY_STOPPING', 'the server stops')
    const request = new WireRequest({
      wire,
      proxies: state.options.proxies,
      parameters: found.parameters,
      signal: () => signal,
      body: () => Promise.resolve(new Uint8Array(0)),
    })
    const decided = await found.target.upgrade(request)
    if ('connect' in decided) return { type: 'accept', accept: decided, route: found.target }
    return { type: 'refuse', answer: decided }
  } catch (error) {
    return { type: 'refuse', answer: problemAnswer(asProblem(error, wire, state)) }
  }
}

function asProblem(thrown: unknown, wire: Wire, state: ServerState): HttpProblem {
  if (thrown instanceof HttpProblem) return thrown
  const error = thrown instanceof Error ? thrown : new Error(String(thrown))
  state.options.onFault(error, `${wire.method} ${wire.path} (upgrade)`)
  return new HttpProblem('LOGBOY_INTERNAL', 'the server failed to handle this')
}
