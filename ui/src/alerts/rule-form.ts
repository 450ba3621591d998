/** The form of a rule: its texts, the rule that they are, and what is wrong beside which field. */
import {
  ALERT_DEFAULTS,
  type AlertRule,
  type AlertRuleText,
  EVENT_AGGREGATES,
  PLAIN_AGGREGATES,
} from '#proto/alert-rule.ts'
import { parseAlertRule } from '#proto/alert-rule-parser.ts'
import { checkQuery, hasStages, type QueryProblem } from '../explore/query-check.ts'
import { labelsProblem, printLabels, readLabels } from './label-text.ts'

const EMPTY = {
  name: '',
  query: '',
  /** `logs` or `metric`. */
  source: 'logs',
  fn: 'count',
  /** Field of the aggregate, or the second query of a ratio. */
  argument: '',
  /** What it is compared with: a `number`, or what is `usual`. */
  against: 'number',
  metric: '',
  window: '5m',
  operator: '>',
  threshold: '',
  resolve: '',
  /** Separated by commas. */
  by: '',
  for: '',
  keep_firing_for: '',
  severity: 'warning',
  /** `name=text`, one a line. */
  labels: '',
  runbook: '',
  lateness: '',
  groups_max: '',
  enabled: 'yes',
}
export type RuleTexts = Readonly<Record<keyof typeof EMPTY, string>>
export type RuleField = keyof RuleTexts
export type RuleProblems = Partial<Readonly<Record<RuleField, string>>>

/** Where the form has another field than the rule a member. */
const FIELD_OF: Readonly<Record<string, RuleField>> = {
  aggregate: 'argument',
  condition: 'threshold',
}
/** Of a rule without a name yet, to look at what it would say. */
const NAME_WANTED = 'a name that tells people what is wrong'

export function textsOf(rule: AlertRuleText): RuleTexts {
  const {
    aggregate = ALERT_DEFAULTS.aggregate,
    metric,
    condition = '',
    by = [],
    labels = {},
  } = rule
  const whole = callIn(aggregate)
  const isAnomaly = whole.fn === 'anomaly'
  const { fn, argument } = isAnomaly ? callIn(whole.argument) : whole
  const [, operator = '>', threshold = ''] = /^\s*([<>]=?)\s*(.*?)\s*$/.exec(condition) ?? []
  const query = rule.query ?? ''
  return {
    ...EMPTY,
    name: rule.name,
    query: query.trim() === ALERT_DEFAULTS.query ? '' : query,
    source: metric === undefined ? 'logs' : 'metric',
    fn: fn.trim(),
    argument,
    against: isAnomaly ? 'usual' : 'number',
    metric: metric ?? '',
    window: rule.window ?? EMPTY.window,
    operator,
    threshold,
    resolve: rule.resolve === undefined ? '' : String(rule.resolve),
    by: by.join(', '),
    for: rule.for ?? '',
    keep_firing_for: rule.keep_firing_for ?? '',
    severity: rule.severity ?? ALERT_DEFAULTS.severity,
    labels: printLabels(labels),
    runbook: rule.runbook ?? '',
    lateness: rule.lateness ?? '',
    groups_max: rule.groups_max === undefined ? '' : String(rule.groups_max),
    enabled: rule.enabled === false ? 'no' : 'yes',
  }
}

/** What stays empty has its default; what is no number stays a text, to be refused as one. */
export function ruleOf(texts: RuleTexts): AlertRuleText {
  const { fn, argument, threshold, operator } = texts
  const given = (name: 'window' | 'for' | 'keep_firing_for' | 'lateness' | 'runbook') =>
    texts[name].trim() === '' ? {} : { [name]: texts[name].trim() }
  const number = (name: 'resolve' | 'groups_max') =>
    texts[name].trim() === '' ? {} : { [name]: numberOf(texts[name]) }
  const by = fieldsOf(texts.by)
  const labels = readLabels(texts.labels)
  const isEvent = EVENT_AGGREGATES.some(each => each === fn)
  const isPlain = texts.source === 'metric' || !takesArgument(fn)
  const measured = isPlain ? fn : `${fn}(${argument.trim()})`
  return {
    name: texts.name.trim(),
    ...(texts.enabled === 'no' ? { enabled: false } : {}),
    ...(texts.query.trim() === '' ? {} : { query: texts.query.trim() }),
    ...(texts.source === 'metric' ? { metric: texts.metric.trim() } : {}),
    aggregate: isAgainstUsual(texts) ? `anomaly(${measured})` : measured,
    ...given('window'),
    ...(isEvent ? {} : { condition: `${operator} ${threshold.trim()}`, ...number('resolve') }),
    ...(by.length === 0 || isPatterns(fn) ? {} : { by }),
    ...number('groups_max'),
    ...given('for'),
    ...given('keep_firing_for'),
    ...given('lateness'),
    severity: texts.severity as AlertRule['severity'],
    ...(Object.keys(labels).length === 0 ? {} : { labels }),
    ...given('runbook'),
  }
}

/** The rule, or what is wrong beside the fields; of a field only the first. */
export function readForm(texts: RuleTexts): {
  readonly rule: AlertRule | null
  readonly problems: RuleProblems
} {
  const parsed = parseAlertRule(ruleOf(texts))
  const problems: Partial<Record<RuleField, string>> = {}
  if (texts.name.trim() === '') problems.name = `enter ${NAME_WANTED}`
  const wrong = labelsProblem(texts.labels)
  if (wrong !== null) problems.labels = wrong
  if (takesArgument(texts.fn) && texts.source === 'logs' && texts.argument.trim() === '')
    problems.argument = texts.fn === 'ratio' ? 'enter what the share is of' : 'name a field'
  if (texts.source === 'metric' && texts.metric.trim() === '') problems.metric = 'choose a metric'
  if (parsed.type === 'rule') {
    return { rule: Object.keys(problems).length === 0 ? parsed.rule : null, problems }
  }
  for (const { path, message } of parsed.faults) {
    const [member = 'name'] = path
    const field = FIELD_OF[member] ?? (member in EMPTY ? (member as RuleField) : 'name')
    problems[field] ??= message
  }
  return { rule: null, problems }
}

/** What a preview is asked for: of the rule only what changes its answer, once that is right. */
export function previewedRule(texts: RuleTexts): AlertRuleText | null {
  const bare = {
    ...texts,
    name: 'preview',
    labels: '',
    runbook: '',
    severity: 'info',
    enabled: 'yes',
  }
  return readForm(bare).rule === null ? null : ruleOf(bare)
}

/** What is wrong with the query of a rule, and where: it has conditions alone. */
export function conditionsProblem(text: string): QueryProblem | null {
  const problem = checkQuery(text)
  if (problem !== null || !hasStages(text)) return problem
  const from = text.indexOf('|')
  const reason = 'a rule counts by itself: leave out what stands behind the |'
  return { reason, suggestion: text.slice(0, from).trim(), from, to: text.length }
}

export function fieldsOf(text: string): readonly string[] {
  return text
    .split(',')
    .map(field => field.trim())
    .filter(field => field !== '')
}

/** What is an event, or compares by itself, has nothing that would be usual. */
export function canBeUsual(fn: string): boolean {
  return fn !== 'change' && !EVENT_AGGREGATES.some(each => each === fn)
}

export function isAgainstUsual({ fn, against }: Pick<RuleTexts, 'fn' | 'against'>): boolean {
  return against === 'usual' && canBeUsual(fn)
}

/** Of logs. */
export function takesArgument(fn: string): boolean {
  return ![...PLAIN_AGGREGATES, ...EVENT_AGGREGATES].some(each => each === fn)
}

export function isPatterns(fn: string): boolean {
  return fn === 'new_pattern' || fn === 'vanished_pattern'
}

function callIn(text: string): { readonly fn: string; readonly argument: string } {
  const [, fn = text, argument = ''] = /^\s*(\w+)\s*\((.*)\)\s*$/s.exec(text) ?? []
  return { fn, argument }
}

function numberOf(text: string): number {
  return Number(text.trim().replaceAll(' ', ''))
}
