/** Routes of alerts over rules, states and channels in memory, for the projects they belong to. */
import type { WebSocket } from 'ws'
import { type AlertRule, type AlertRuleText, isPatternRule } from '#proto/alert-rule.ts'
import { parseAlertRule } from '#proto/alert-rule-parser.ts'
import type { ActiveAlert, AlertChange, Preview, StoredRule } from '../src/api/alerts.ts'
import { type Answer, ok, problem } from './fake-answer.ts'
import type { FakeQuestion } from './fake-explore-routes.ts'

/** The only project that has any. */
const PROJECT = 'project000'
const AT = '2026-11-20T10:00:00.000Z'
const POINTS = 120
const HELLO = JSON.stringify({ type: 'hello', token: '0' })

export class FakeAlerts {
  readonly active: ActiveAlert[] = []
  readonly rules: StoredRule[] = [
    storedRule('rule', { name: 'Errors', query: 'level:error', condition: '> 20' }),
  ]
  readonly history: AlertChange[] = []
  /** Previews that were asked for. */
  previews = 0
  /** Series that were asked for. */
  series = 0
  /** How often it was asked what is active. */
  asked = 0
  readonly #sockets = new Set<WebSocket>()
  #number = 0

  /** A socket that is told of changes. */
  accept(socket: WebSocket): void {
    this.#sockets.add(socket)
    socket.on('close', () => this.#sockets.delete(socket))
    socket.send(HELLO)
  }

  /** What the client of a socket is told when it has come back. */
  greet(): void {
    for (const socket of this.#sockets) socket.send(HELLO)
  }

  /** Something begins, and everybody is told. */
  begin(alert: ActiveAlert): void {
    this.active.push(alert)
    const frame = JSON.stringify({ type: 'alert', token: '1', alert: {} })
    for (const socket of this.#sockets) socket.send(frame)
  }

  /** Ends all sockets as a dying server does. */
  cut(): void {
    for (const socket of this.#sockets) socket.terminate()
    this.#sockets.clear()
  }

  /** null = somebody else's route. */
  answer({ method, path, params, body }: FakeQuestion): Answer | null {
    if (!path.startsWith('/api/v1/alerts/')) return null
    const asked = body as { readonly project?: string; readonly rule?: AlertRuleText }
    if ((params.get('project') ?? asked.project) !== PROJECT) {
      return ok({ alerts: [], rules: [], changes: [], next: null })
    }
    const [, kind = '', id = '', act = ''] =
      /^\/api\/v1\/alerts\/(\w+)(?:\/(\w+))?(?:\/(\w+))?$/.exec(path) ?? []
    if (kind === 'active') {
      this.asked++
      return ok({ alerts: this.active })
    }
    if (kind === 'history') return this.#history(params)
    if (kind === 'rules') return this.#rules(method, id, body as Record<string, unknown>)
    if (id === 'series') return this.#series(Number(kind))
    return id === 'acknowledge' && act === '' ? this.#acknowledge(Number(kind), body) : null
  }

  #rules(method: string, id: string, body: Readonly<Record<string, unknown>>): Answer | null {
    if (id === 'import') return this.#import(String(body['text']))
    if (id === 'preview' || id === 'backtest') return this.#replayed(id === 'preview', body)
    if (method === 'GET' && id === '') return ok({ rules: this.rules })
    const at = this.rules.findIndex(rule => rule.id === id)
    const known = this.rules[at]
    if (id !== '' && known === undefined) return problem(404, 'LOGBOY_NOT_FOUND', 'no such rule')
    if (method === 'GET') return ok(known)
    if (method === 'DELETE') {
      this.rules.splice(at, 1)
      return { status: 204, body: null }
    }
    const rule = body['rule'] as AlertRuleText
    const parsed = parseAlertRule(rule)
    if (parsed.type === 'faults') return problem(400, 'LOGBOY_BAD_RULE', 'not a rule')
    if (this.rules.some(other => other.id !== id && other.rule.name === rule.name))
      return problem(409, 'LOGBOY_NAME_TAKEN', 'the project has a rule of this name')
    if (known !== undefined && body['version'] !== known.version)
      return problem(409, 'LOGBOY_CONFLICT', 'somebody else changed this rule meanwhile')
    const stored = storedRule(known?.id ?? `rule${++this.#number}`, rule)
    if (known === undefined) this.rules.push(stored)
    else this.rules[at] = stored
    return { status: known === undefined ? 201 : 200, body: stored }
  }

  /** Values that have risen above the threshold. */
  #series(id: number): Answer {
    const alert = this.active.find(each => each.id === id)
    if (alert === undefined) return problem(404, 'LOGBOY_NOT_FOUND', 'nothing is active')
    this.series++
    const last = alert.value ?? 0
    const values = Array.from({ length: 121 }, (_, n) => (n < 90 ? last / 9 + (n % 7) : last))
    const start = new Date(Date.parse(alert.window_end) - 120 * 10_000).toISOString()
    return ok({ series: { of: 'count', start, step_s: 10, values, threshold: 20 } })
  }

  /** A file is wrong where a line says so. */
  #import(text: string): Answer {
    const line = text.split('\n').findIndex(each => each.includes('wrong')) + 1
    if (line > 0)
      return problem(
        400,
        'LOGBOY_BAD_RULE',
        `line ${line}, column 5: rules.0.query: ${text.trim()}`,
      )
    this.rules.push(storedRule(`rule${++this.#number}`, { name: 'From a file', condition: '> 1' }))
    return ok({ rules: this.rules })
  }

  /** A wave that crosses every threshold once. */
  #replayed(withSeries: boolean, body: Readonly<Record<string, unknown>>): Answer {
    if (withSeries) this.previews++
    const parsed = parseAlertRule(body['rule'])
    if (parsed.type === 'faults') return problem(400, 'LOGBOY_BAD_RULE', 'not a rule')
    const { series, ...told } = replayed(parsed.rule)
    return ok(withSeries ? { ...told, series } : told)
  }

  #history(params: URLSearchParams): Answer {
    const before = Number(params.get('before') ?? Number.POSITIVE_INFINITY)
    const rule = params.get('rule')
    const found = this.history.filter(
      ({ id, rule_id }) => id < before && (rule === null || rule_id === rule),
    )
    const page = found.slice(0, 100)
    return ok({ changes: page, next: found.length > 100 ? (page.at(-1)?.id ?? null) : null })
  }

  #acknowledge(id: number, body: unknown): Answer {
    const at = this.active.findIndex(alert => alert.id === id)
    const alert = this.active[at]
    if (alert === undefined) return problem(404, 'LOGBOY_NOT_FOUND', 'nothing fires')
    const { note = null } = body as { readonly note?: string }
    const seen = { acknowledged_by: 'Ada', acknowledged_at: new Date().toISOString(), note }
    this.active[at] = { ...alert, ...seen }
    return { status: 204, body: null }
  }
}

export function storedRule(
  id: string,
  rule: AlertRuleText,
  fault: string | null = null,
): StoredRule {
  const times = { created_at: AT, updated_at: AT, updated_by: 'administrator' }
  return { id, rule, version: 1, ...times, fault, warm_up: null, uncounted: null }
}

function replayed(rule: AlertRule): Preview {
  const endMs = Math.floor(Date.now() / 30_000) * 30_000
  const time = (at: number): string => new Date(endMs - (POINTS - at) * 30_000).toISOString()
  const threshold = rule.condition?.threshold ?? 1
  const names = rule.by.length === 0 ? [null] : ['web-1', 'web-2', 'web-3']
  const series = names.map((name, index) => ({
    group: name === null ? {} : { [rule.by[0] ?? '']: name },
    points: Array.from({ length: POINTS }, (_, at) => ({
      time: time(at),
      value:
        threshold *
        (0.35 + 0.12 * Math.sin(at / 3 + index) + bump(at, 70 + index * 3) / (index + 1)),
    })),
  }))
  const [first] = series
  const changes = isPatternRule(rule)
    ? []
    : [66, 74].map((at, index) => ({
        at: time(at),
        group: first?.group ?? {},
        from: index === 0 ? ('ok' as const) : ('firing' as const),
        to: index === 0 ? ('firing' as const) : ('ok' as const),
        value: threshold * 1.25,
        window_end: time(at),
      }))
  return {
    start_time: time(0),
    end_time: time(POINTS),
    rows: 48_210,
    late: 0,
    left_out: 0,
    warm_up: null,
    firings: changes.filter(({ to }) => to === 'firing').length,
    notifications: changes.length,
    changes,
    series,
  }
}

function bump(at: number, peak: number): number {
  return 1.1 * Math.exp(-(((at - peak) / 5) ** 2))
}
