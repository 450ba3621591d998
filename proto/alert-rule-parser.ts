/** Reads alert rules as people write them: everything that is wrong, each with its place. */
import {
  ALERT_BY_MAX,
  ALERT_DEFAULTS,
  ALERT_FOR_S_MAX,
  ALERT_GROUPS_MAX,
  ALERT_LABELS_MAX,
  ALERT_LATENESS_S_MAX,
  ALERT_OPERATORS,
  ALERT_SEVERITIES,
  ALERT_TEXT_CHARS_MAX,
  ALERT_WINDOW_S_MAX,
  ALERT_WINDOW_S_MIN,
  type AlertAggregate,
  type AlertCondition,
  type AlertRule,
  ANOMALY_GROUPS_MAX,
  ANOMALY_SCORE_MAX,
  ANOMALY_WINDOW_S_MAX,
  EVENT_AGGREGATES,
  METRIC_FUNCTIONS,
  type MeasuredAggregate,
  PLAIN_AGGREGATES,
  printDuration,
  slideOf,
} from './alert-rule.ts'
import { nameFault } from './metric.ts'
import { NUMBER_FUNCTIONS } from './query/analysis.ts'
import { fieldKind, fieldOf } from './query/field-kind.ts'
import { nearestName } from './query/known-names.ts'
import { leavesOf } from './query/tree.ts'
import { parseQuery } from './query.ts'
import { parseDuration } from './time.ts'

export interface AlertRuleFault {
  /** Names of the members that lead to it; none = the rule as a whole. */
  readonly path: readonly (string | number)[]
  /** Where in the text that stands there, in UTF-16 units; null = all of it. */
  readonly offset: number | null
  readonly message: string
}

export type ParsedAlertRule =
  | { readonly type: 'rule'; readonly rule: AlertRule }
  | { readonly type: 'faults'; readonly faults: readonly AlertRuleFault[] }

const MEMBERS = [
  'name',
  'enabled',
  'query',
  'aggregate',
  'metric',
  'window',
  'condition',
  'resolve',
  'by',
  'groups_max',
  'for',
  'keep_firing_for',
  'lateness',
  'severity',
  'labels',
  'runbook',
]

const MEASURES_OF = [
  'ratio(QUERY)',
  'distinct(FIELD)',
  ...NUMBER_FUNCTIONS.map(name => `${name}(FIELD)`),
]
/** What an anomaly can be one of. */
const MEASURES = ['count', 'rate', ...MEASURES_OF].join(', ')

/** Reads an AlertRuleText, or whatever was given in its place. */
export function parseAlertRule(value: unknown): ParsedAlertRule {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    return { type: 'faults', faults: [{ path: [], offset: null, message: 'expected a rule' }] }
  }
  const reader = new RuleReader(value)
  const rule = reader.rule()
  const { faults } = reader
  return faults.length === 0 ? { type: 'rule', rule } : { type: 'faults', faults }
}

/** Collects what is wrong and goes on with a default. */
class RuleReader {
  readonly faults: AlertRuleFault[] = []
  readonly #members: ReadonlyMap<string, unknown>

  constructor(value: object) {
    this.#members = new Map(Object.entries(value).filter(([, member]) => member !== undefined))
  }

  rule(): AlertRule {
    for (const key of this.#members.keys()) if (!MEMBERS.includes(key)) this.#unknown(key)
    const aggregate = this.#aggregate()
    const condition = this.#condition(aggregate)
    return {
      name: this.#name(),
      enabled: this.#boolean('enabled', true),
      query: this.#filter(),
      aggregate,
      windowS: this.#window(aggregate),
      condition,
      resolve: this.#resolve(condition),
      by: this.#by(aggregate),
      groupsMax: this.#whole(
        'groups_max',
        1,
        aggregate.fn === 'anomaly' ? ANOMALY_GROUPS_MAX : ALERT_GROUPS_MAX,
        ALERT_DEFAULTS.groupsMax,
      ),
      forS: this.#duration('for', 0, ALERT_FOR_S_MAX, 0),
      keepFiringForS: this.#duration('keep_firing_for', 0, ALERT_FOR_S_MAX, 0),
      latenessS: this.#duration('lateness', 0, ALERT_LATENESS_S_MAX, ALERT_DEFAULTS.latenessS),
      severity: this.#oneOf('severity', ALERT_SEVERITIES, ALERT_DEFAULTS.severity),
      labels: this.#labels(),
      runbook: this.#runbook(),
    }
  }

  #fault(path: string | readonly (string | number)[], message: string, offset?: number): void {
    const steps = typeof path === 'string' ? [path] : path
    this.faults.push({ path: steps, offset: offset ?? null, message })
  }

  #unknown(key: string): void {
    const meant = nearestName(key, MEMBERS)
    const idea = meant === null ? `expected one of ${MEMBERS.join(', ')}` : `did you mean ${meant}?`
    this.#fault(key, `a rule has no member ${JSON.stringify(key.slice(0, 40))}: ${idea}`)
  }

  #text(key: string, fallback: string): string {
    const value = this.#members.get(key)
    if (value === undefined) return fallback
    if (typeof value === 'string' && value.length <= ALERT_TEXT_CHARS_MAX) return value
    this.#fault(key, `expected a text of up to ${ALERT_TEXT_CHARS_MAX} characters`)
    return fallback
  }

  #name(): string {
    const name = this.#text('name', '').trim()
    if (name === '' || name.length > 100)
      this.#fault('name', 'expected a name, 1 to 100 characters')
    return name
  }

  #boolean(key: string, fallback: boolean): boolean {
    const value = this.#members.get(key) ?? fallback
    if (typeof value !== 'boolean') this.#fault(key, 'expected true or false')
    return value === true
  }

  #whole(key: string, min: number, max: number, fallback: number): number {
    const value = this.#members.get(key) ?? fallback
    if (Number.isInteger(value) && Number(value) >= min && Number(value) <= max)
      return Number(value)
    this.#fault(key, `expected a whole number from ${min} to ${max}`)
    return fallback
  }

  #duration(key: string, minS: number, maxS: number, fallback: number): number {
    const value = this.#members.get(key) ?? printDuration(fallback)
    const seconds =
      typeof value !== 'string' ? null : /^0+s?$/.test(value) ? 0 : parseDuration(value)
    if (seconds !== null && seconds >= minS && seconds <= maxS) return seconds
    const [from, to] = [printDuration(minS), printDuration(maxS)]
    this.#fault(key, `expected a duration such as 30s or 5m, from ${from} to ${to}`)
    return fallback
  }

  #oneOf<Name extends string>(key: string, names: readonly Name[], fallback: Name): Name {
    const value = this.#members.get(key) ?? fallback
    const found = names.find(name => name === value)
    if (found === undefined) this.#fault(key, `expected one of ${names.join(', ')}`)
    return found ?? fallback
  }

  #filter(): string {
    const query = this.#text('query', ALERT_DEFAULTS.query)
    this.#checkQuery('query', query, 0)
    return query
  }

  #checkQuery(key: string, text: string, at: number): void {
    const parsed = parseQuery(text)
    if (parsed.type === 'fault') {
      const { message, expected, position } = parsed.fault
      return this.#fault(key, `${message}, expected ${expected}`, at + position)
    }
    const about = new Set(leavesOf(parsed.query.terms).map(fieldOf))
    for (const field of ['time', 'ingested_at'] as const) {
      if (about.has(field)) this.#fault(key, `${field}: the window says which times are meant`, at)
    }
  }

  #aggregate(): AlertAggregate {
    const text = this.#text('aggregate', ALERT_DEFAULTS.aggregate)
    const { fn, argument } = callIn(text)
    if (fn === 'anomaly' && argument !== undefined) {
      return { fn, of: this.#measured(argument, text.indexOf('(') + 1, MEASURES) }
    }
    const bare = ['change' as const, ...EVENT_AGGREGATES].find(name => name === fn)
    const isOfMetric = this.#members.has('metric')
    if (bare !== undefined && argument === undefined && !isOfMetric) return { fn: bare }
    const known = [...PLAIN_AGGREGATES, ...EVENT_AGGREGATES, ...MEASURES_OF, 'anomaly(AGGREGATE)']
    return this.#measured(text, 0, known.join(', '))
  }

  /** What stands at `at` of the aggregate; `known` names what could. */
  #measured(text: string, at: number, known: string): MeasuredAggregate {
    if (this.#members.has('metric')) return this.#metric(text)
    const { fn, argument } = callIn(text)
    if ((fn === 'count' || fn === 'rate') && argument === undefined) return { fn }
    if (fn === 'ratio' && argument !== undefined) {
      this.#checkQuery('aggregate', argument, at + text.indexOf('(') + 1)
      return { fn, part: argument }
    }
    const ofField = (['distinct', ...NUMBER_FUNCTIONS] as const).find(name => name === fn)
    const field = argument?.trim() ?? ''
    if (ofField !== undefined && field !== '') {
      this.#checkField('aggregate', field, ofField !== 'distinct')
      return { fn: ofField, field }
    }
    const given = JSON.stringify(text.slice(0, 40))
    const place = at === 0 ? undefined : at
    this.#fault('aggregate', `unknown aggregate ${given}: expected ${known}`, place)
    return { fn: 'count' }
  }

  #metric(text: string): MeasuredAggregate {
    const metric = this.#text('metric', '')
    const fault = nameFault(metric)
    if (fault !== null) this.#fault('metric', fault)
    const fn = METRIC_FUNCTIONS.find(name => name === text.trim())
    if (fn === undefined) {
      const known = METRIC_FUNCTIONS.join(', ')
      this.#fault('aggregate', `of a metric expected one of ${known}, or anomaly of one`)
    }
    return { fn: fn ?? 'sum', metric }
  }

  #checkField(key: string, field: string, numeric: boolean): void {
    const kind = fieldKind(field)
    if (kind === 'attribute' || (!numeric && !['time', 'id', 'pattern'].includes(kind))) return
    this.#fault(key, `${field} is no field of ${numeric ? 'numbers' : 'values to compare'}`)
  }

  #window(aggregate: AlertAggregate): number {
    const windowS = this.#duration('window', ALERT_WINDOW_S_MIN, ALERT_WINDOW_S_MAX, 300)
    const stepS = slideOf(windowS)
    if (windowS % stepS !== 0) {
      this.#fault('window', `a window of this length is a multiple of ${printDuration(stepS)}`)
    }
    if (aggregate.fn === 'anomaly' && windowS > ANOMALY_WINDOW_S_MAX) {
      this.#fault(
        'window',
        `an anomaly is told by windows of at most ${ANOMALY_WINDOW_S_MAX / 60}m`,
      )
    }
    if (aggregate.fn === 'change' && windowS > ALERT_WINDOW_S_MAX / 2) {
      this.#fault('window', `a change looks at two windows: at most ${ALERT_WINDOW_S_MAX / 7_200}h`)
    }
    return windowS
  }

  #condition(aggregate: AlertAggregate): AlertCondition | null {
    const needsNone = EVENT_AGGREGATES.some(fn => fn === aggregate.fn)
    if (needsNone) {
      if (this.#members.has('condition')) {
        this.#fault('condition', `${aggregate.fn} holds or not: it takes no condition`)
      }
      return null
    }
    const text = this.#text('condition', '')
    const [, sign, digits] = /^\s*(>=|>|<=|<)\s*(\S+)\s*$/.exec(text) ?? []
    const operator = ALERT_OPERATORS.find(known => known === sign)
    const threshold = /^[+-]?(?:\d|\.\d)/.test(digits ?? '') ? Number(digits) : Number.NaN
    if (operator !== undefined && Number.isFinite(threshold)) {
      const isOfRows = ['count', 'rate', 'distinct'].includes(aggregate.fn)
      const isNothing = operator === '>' || operator === '<=' ? threshold < 0 : threshold <= 0
      if (isOfRows && isNothing) {
        this.#fault('condition', 'there are never fewer than 0: it would always hold, or never')
      }
      if (aggregate.fn === 'anomaly' && Math.abs(threshold) >= ANOMALY_SCORE_MAX) {
        this.#fault('condition', `scores end at ${ANOMALY_SCORE_MAX}: 5 is far from usual already`)
      }
      return { operator, threshold }
    }
    this.#fault('condition', 'expected >, >=, < or <= and a number, as in "> 20"')
    return { operator: '>', threshold: 0 }
  }

  #resolve(condition: AlertCondition | null): number | null {
    const value = this.#members.get('resolve')
    if (value === undefined) return null
    if (typeof value !== 'number' || !Number.isFinite(value)) {
      this.#fault('resolve', 'expected a number')
    } else if (condition === null) {
      this.#fault('resolve', 'there is no condition to be resolved by a number')
    } else if (condition.operator.startsWith('>') === value > condition.threshold) {
      if (value !== condition.threshold) {
        const side = condition.operator.startsWith('>') ? 'at most' : 'at least'
        this.#fault(
          'resolve',
          `expected ${side} ${condition.threshold}, or it would fire again at once`,
        )
      }
    }
    return typeof value === 'number' ? value : null
  }

  #by(aggregate: AlertAggregate): readonly string[] {
    const value = this.#members.get('by')
    if (value === undefined) return []
    const by = typeof value === 'string' ? [value] : value
    if (!Array.isArray(by) || by.length > ALERT_BY_MAX || new Set(by).size < by.length) {
      this.#fault('by', `expected up to ${ALERT_BY_MAX} different fields`)
      return []
    }
    if (by.length > 0 && (aggregate.fn === 'new_pattern' || aggregate.fn === 'vanished_pattern')) {
      this.#fault('by', 'patterns are groups by themselves')
    }
    for (const [at, field] of by.entries()) {
      if (typeof field !== 'string' || field === '' || field.length > 256) {
        this.#fault(['by', at], 'expected the name of a field')
      } else if (fieldKind(field) === 'message') {
        this.#fault(['by', at], 'every message would be a group')
      } else this.#checkField('by', field, false)
    }
    return by.map(String)
  }

  #labels(): Readonly<Record<string, string>> {
    const value = this.#members.get('labels') ?? {}
    const entries = typeof value === 'object' && value !== null ? Object.entries(value) : null
    if (entries === null || Array.isArray(value) || entries.length > ALERT_LABELS_MAX) {
      this.#fault('labels', `expected up to ${ALERT_LABELS_MAX} names with a text each`)
      return {}
    }
    for (const [key, label] of entries) {
      if (!/^[a-z_][a-z0-9_.-]{0,63}$/i.test(key)) {
        this.#fault(['labels', key], 'expected letters, digits and _ . -, a letter or _ first')
      } else if (typeof label !== 'string' || label.length > 256) {
        this.#fault(['labels', key], 'expected a text of up to 256 characters')
      }
    }
    return Object.fromEntries(entries.map(([key, label]) => [key, String(label)]))
  }

  #runbook(): string | null {
    const runbook = this.#text('runbook', '')
    if (runbook === '') return null
    if (!/^https?:\/\/\S+$/i.test(runbook)) {
      this.#fault('runbook', 'expected a link that begins with http:// or https://')
    }
    return runbook
  }
}

/** `fn(argument)`; a text that is none has the function ''. */
function callIn(text: string): { readonly fn: string; readonly argument: string | undefined } {
  const [, fn = '', argument] = /^\s*([a-z][a-z0-9_]*)\s*(?:\((.*)\))?\s*$/s.exec(text) ?? []
  return { fn, argument }
}
