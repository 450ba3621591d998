/**
 * One request from its headers to its answer, the same for both drivers: checks what a parser may
 * have let pass, finds the route, runs the handler, answers exactly once.
 *
 * An answer that is ready before its request has fully arrived waits for the rest, within bounds:
 * closing a connection with unread bytes makes the caller see a reset in place of the answer.
 */
import type { Cancel } from '#runtime/clock.ts'
import type { HttpAnswer, HttpRequest, Route } from './http-server.ts'
import { HttpProblem, problemAnswer } from './problem.ts'
import { WireRequest } from './request.ts'
import { RequestBody } from './request-body.ts'
import type { Router } from './router.ts'
import type { ServerState } from './server-state.ts'
import { announcedBytes, announcesBody, badFraming, handledMethod, type Wire } from './wire.ts'

/** What may still arrive of a refused request before its connection is closed. */
const DRAIN_BYTES_MAX = 32 * 1024 * 1024

const SECURITY_HEADERS: readonly (readonly [string, string])[] = [
  ['x-content-type-options', 'nosniff'],
  ['referrer-policy', 'no-referrer'],
]

/** Only for what comes over TLS; not for subdomains, which may be somebody else's. */
const TLS_HEADERS: typeof SECURITY_HEADERS = [
  ...SECURITY_HEADERS,
  ['strict-transport-security', 'max-age=31536000'],
]

export class Exchange {
  readonly #wire: Wire
  readonly #state: ServerState
  readonly #body: RequestBody
  readonly #startedMs: number
  #cancelTimer: Cancel | null = null
  #abort: AbortController | null = null
  #pendingAnswer: HttpAnswer | null = null
  #received = 0
  #done = false
  #isStreaming = false

  constructor(wire: Wire, state: ServerState) {
    this.#wire = wire
    this.#state = state
    this.#startedMs = state.options.clock.monotonicMs()
    const { route, problem, parameters, poisoned } = admit(wire, state.routes)
    this.#body = new RequestBody({
      bytesMax: route?.bodyBytesMax ?? 0,
      expectedBytes: announcedBytes(wire.headers),
      budget: state.bodies,
      flow: wire,
    })
    state.requestStarted()
    if (poisoned || !announcesBody(wire.headers)) this.#body.end()
    else this.#watchBody()
    if (poisoned) {
      this.#finish()
      wire.refuse(problemAnswer(problem))
    } else if (route === null) this.#answer(problemAnswer(problem))
    else this.#run(route, this.#request(parameters))
  }

  /** Driver: a chunk of the body; one that is only `lent` is not kept beyond this call. */
  chunk(chunk: Uint8Array<ArrayBuffer>, lent: boolean): void {
    this.#received += chunk.length
    if (this.#done) return
    this.#body.push(chunk, lent)
    if (this.#pendingAnswer !== null && this.#received > DRAIN_BYTES_MAX) this.#send(true)
  }

  /** Driver: the request is complete. */
  end(): void {
    if (this.#done || this.#body.ended) return
    this.#body.end()
    this.#cancelTimer?.()
    if (this.#pendingAnswer !== null) this.#send(false)
  }

  /** Driver: the caller went away. */
  gone(): void {
    if (this.#done) return
    this.#finish()
    this.#body.fail(new HttpProblem('LOGBOY_CALLER_GONE', 'the caller went away'))
    this.#abort?.abort()
  }

  #signal(): AbortSignal {
    if (this.#abort === null) {
      this.#abort = new AbortController()
      if (this.#done) this.#abort.abort()
    }
    return this.#abort.signal
  }

  #request(parameters: Readonly<Record<string, string>>): HttpRequest {
    return new WireRequest({
      wire: this.#wire,
      proxies: this.#state.options.proxies,
      parameters,
      signal: () => this.#signal(),
      body: () => this.#body.read(),
    })
  }

  #run(route: Route, request: HttpRequest): void {
    try {
      const answer = route.handle(request)
      if (!(answer instanceof Promise)) this.#answer(answer)
      else {
        answer.then(
          value => this.#answer(value),
          error => this.#answer(this.#failed(error)),
        )
      }
    } catch (error) {
      this.#answer(this.#failed(error))
    }
  }

  #failed(thrown: unknown): HttpAnswer {
    if (thrown instanceof HttpProblem) return problemAnswer(thrown)
    const error = thrown instanceof Error ? thrown : new Error(String(thrown))
    // A handler cancelled by the caller's leaving has nobody to tell.
    if (!(this.#done && error.name === 'AbortError')) {
      this.#state.options.onFault(error, `${this.#wire.method} ${this.#wire.path}`)
    }
    return problemAnswer(new HttpProblem('LOGBOY_INTERNAL', 'the server failed to handle this'))
  }

  #answer(answer: HttpAnswer): void {
    if (this.#done || this.#pendingAnswer !== null) return
    this.#pendingAnswer = answer
    if (this.#body.ended) {
      this.#send(false)
      return
    }
    this.#body.discard()
    this.#cancelTimer?.()
    const { clock, limits } = this.#state.options
    this.#cancelTimer = clock.after(limits.drainMs, () => this.#send(true))
  }

  #send(close: boolean): void {
    const answer = this.#pendingAnswer
    if (this.#done || answer === null || this.#isStreaming) return
    const always = this.#wire.secure ? TLS_HEADERS : SECURITY_HEADERS
    const headers = [...always, ...(answer.headers ?? [])]
    if (answer.chunks !== undefined && this.#wire.method !== 'HEAD') {
      void this.#stream({ ...answer, headers }, answer.chunks)
      return
    }
    void answer.chunks?.return()
    this.#finish()
    this.#wire.send(
      { ...answer, headers },
      { close: close || this.#state.stopping, withoutBody: this.#wire.method === 'HEAD' },
    )
  }

  async #stream(answer: HttpAnswer, chunks: NonNullable<HttpAnswer['chunks']>): Promise<void> {
    this.#isStreaming = true
    this.#cancelTimer?.()
    try {
      await this.#wire.stream(answer, chunks)
    } catch (error) {
      if (!(error instanceof HttpProblem)) this.#failed(error)
    } finally {
      this.#finish()
      // Whoever makes the chunks may still wait for something.
      this.#abort?.abort()
      await chunks.return()
    }
  }

  #finish(): void {
    if (this.#done) return
    this.#done = true
    this.#cancelTimer?.()
    this.#body.discard()
    this.#state.requestEnded()
  }

  /** Looks again whenever the time that the received bytes have earned is used up. */
  #watchBody(): void {
    const { clock, limits } = this.#state.options
    const earnedMs = (this.#received * 1000) / limits.bodyBytesPerSecondMin
    const leftMs = this.#startedMs + limits.bodyGraceMs + earnedMs - clock.monotonicMs()
    if (leftMs <= 0) {
      this.#body.fail(new HttpProblem('LOGBOY_BODY_TOO_SLOW', 'the body arrives too slowly'))
      return
    }
    this.#cancelTimer = clock.after(leftMs, () => this.#watchBody())
  }
}

type Admission =
  | {
      readonly route: Route
      readonly problem: null
      readonly parameters: Readonly<Record<string, string>>
      readonly poisoned: false
    }
  | {
      readonly route: null
      readonly problem: HttpProblem
      readonly parameters: null
      /** The connection's framing cannot be trusted. */
      readonly poisoned: boolean
    }

function admit(wire: Wire, router: Router<Route>): Admission {
  const bad = badFraming(wire.headers)
  if (bad !== null) return refused(new HttpProblem('LOGBOY_BAD_HEADER', bad), true)
  const found = router.find(handledMethod(wire.method), wire.path)
  switch (found.type) {
    case 'found':
      break
    case 'not-found':
      return refused(new HttpProblem('LOGBOY_NOT_FOUND', `no such path: ${wire.path}`))
    case 'bad-path':
      return refused(new HttpProblem('LOGBOY_BAD_REQUEST', 'the path is badly encoded'))
    case 'wrong-method': {
      const allow = allowed(found.allowed)
      if (wire.method === 'OPTIONS') return admitted(optionsRoute(wire.path, allow))
      const detail = `${wire.path} takes ${allow}`
      const headers = [['allow', allow]] as const
      return refused(new HttpProblem('LOGBOY_METHOD_NOT_ALLOWED', detail, { headers }))
    }
  }
  const bytesMax = found.target.bodyBytesMax ?? 0
  if ((announcedBytes(wire.headers) ?? 0) > bytesMax) {
    const detail = bytesMax === 0 ? 'no body is taken here' : `the body exceeds ${bytesMax} bytes`
    return refused(new HttpProblem('LOGBOY_BODY_TOO_LARGE', detail))
  }
  return admitted(found.target, found.parameters)
}

function admitted(route: Route, parameters: Readonly<Record<string, string>> = {}): Admission {
  return { route, problem: null, parameters, poisoned: false }
}

/** What a path takes; no other origin is allowed anything by it. */
function optionsRoute(path: string, allow: string): Route {
  return { method: 'GET', path, handle: () => ({ status: 204, headers: [['allow', allow]] }) }
}

function allowed(methods: readonly string[]): string {
  const known = methods.includes('GET') ? [...methods, 'HEAD'] : methods
  return [...new Set([...known, 'OPTIONS'])].join(', ')
}

function refused(problem: HttpProblem, poisoned = false): Admission {
  return { route: null, problem, parameters: null, poisoned }
}
