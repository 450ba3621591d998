/** For operators and their machines: is it alive, does it take data, what does every part do. */
import { z } from 'zod/v4'
import type { Route } from '#actors/http/http-server.ts'
import { HttpProblem, json } from '#actors/http/problem.ts'
import { TROUBLE_TEXTS, type Trouble } from '#proto/trouble.ts'
import { answerOf, type EndpointDeps, endpoint, NO_CONTENT } from './endpoint.ts'
import { type MetricFamily, metricsText } from './metrics-text.ts'
import { observed } from './shapes.ts'

export interface SystemDeps extends EndpointDeps {
  readonly version: string
  /** null = it takes data; else why not. */
  readonly notReady: () => string | null
  /** What it does without at present, and goes on. */
  readonly troubles: () => readonly Trouble[]
  /** Everything that every part says of itself. */
  readonly observe: () => Record<string, unknown>
  /** Publishes everything that was received and compacts what is due. */
  readonly flush: () => Promise<void>
  /** The catalog as SQL text. */
  readonly backup: () => Promise<string>
  /** What the server measures of itself. */
  readonly metrics: () => Promise<readonly MetricFamily[]>
}

export function systemRoutes(deps: SystemDeps): Route[] {
  return [
    endpoint(deps, {
      method: 'GET',
      path: '/health',
      tag: 'system',
      summary: 'Is the process alive.',
      who: 'anyone',
      answers: { 200: answerOf('It is.', healthy) },
      handle: () => json(200, { status: 'ok', version: deps.version }),
    }),
    endpoint(deps, {
      method: 'GET',
      path: '/ready',
      tag: 'system',
      summary: 'Does it take data, or with `for=query`: does it answer.',
      who: 'anyone',
      query: z.object({ for: z.enum(['query', 'ingest']).optional() }),
      answers: { 200: answerOf('It does; what it does without is told.', ready) },
      problems: ['LOGBOY_NOT_READY'],
      handle({ query }) {
        const reason = query.for === 'query' ? null : deps.notReady()
        if (reason !== null) {
          throw new HttpProblem('LOGBOY_NOT_READY', reason, { retryAfterMs: 1_000 })
        }
        const degraded = deps.troubles().map(trouble => TROUBLE_TEXTS[trouble])
        return json(200, { ready: true, ...(degraded.length === 0 ? {} : { degraded }) })
      },
    }),
    endpoint(deps, {
      method: 'GET',
      path: '/metrics',
      tag: 'system',
      summary: 'What the server measures, for Prometheus.',
      who: 'anyone',
      answers: {
        200: { description: 'Text format 0.0.4.', mediaType: 'text/plain', schema: null },
      },
      async handle() {
        const body = metricsText(await deps.metrics())
        return { status: 200, headers: [['content-type', 'text/plain; version=0.0.4']], body }
      },
    }),
    endpoint(deps, {
      method: 'GET',
      path: '/api/v1/system/actors',
      tag: 'system',
      summary: 'What every part of the server says of itself.',
      description: 'For people who look into a server; names and numbers may change.',
      who: 'administrator',
      answers: { 200: answerOf('Parts by name.', observed) },
      handle: () => json(200, deps.observe()),
    }),
    endpoint(deps, {
      method: 'GET',
      path: '/api/v1/system/backup',
      tag: 'system',
      summary: 'The catalog as SQL text.',
      who: 'administrator',
      answers: { 200: { description: 'SQL.', mediaType: 'application/sql', schema: null } },
      async handle() {
        const body = await deps.backup()
        const headers = [
          ['content-type', 'application/sql; charset=utf-8'],
          ['cache-control', 'no-store'],
        ] as const
        return { status: 200, headers, body }
      },
    }),
    endpoint(deps, {
      method: 'POST',
      path: '/api/v1/system/flush',
      tag: 'system',
      summary: 'Publishes all that was received, and compacts what is due.',
      who: 'administrator',
      body: z.strictObject({}),
      answers: { 204: NO_CONTENT },
      async handle() {
        await deps.flush()
        return { status: 204 }
      },
    }),
  ]
}

const healthy = z.strictObject({ status: z.literal('ok'), version: z.string() })
const ready = z.strictObject({
  ready: z.literal(true),
  degraded: z.array(z.string()).optional(),
})
