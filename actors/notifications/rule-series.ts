/**
 * How the value of a firing came about: what its rule said of the windows before. Counts are those
 * of the store, however many rows there are; everything else is computed by the code that runs live
 * from the rows themselves, as far back as these are few enough for a message.
 */
import { alertKey } from '#actors/alerts/alert-key.ts'
import { ALERT_SERVICE } from '#actors/alerts/alert-row.ts'
import type { Replay, Replayed } from '#actors/alerts/replay.ts'
import { rowsQuery } from '#actors/alerts/rows-query.ts'
import { conditionText } from '#actors/alerts/state-change.ts'
import type { AlertRules } from '#actors/catalog/alert-rules.ts'
import type { HistoryEntry } from '#actors/catalog/alert-states.ts'
import { closesAfterUs } from '#actors/processing/windows/window-rules.ts'
import { exportPages } from '#actors/store/export-pages.ts'
import type { LogStore } from '#actors/store/store.ts'
import { metricsOf } from '#actors/store/streams.ts'
import {
  type AlertRule,
  isMetricRule,
  measuredBy,
  printAggregate,
  slideOf,
} from '#proto/alert-rule.ts'
import { parseAlertRule } from '#proto/alert-rule-parser.ts'
import type { SearchPart } from '#proto/api.ts'
import { parseSearch } from '#proto/query.ts'
import type { TaskPool } from '#runtime/index.ts'
import { groupQuery } from './explore-link.ts'
import { type AlertSeries, slidingCounts } from './findings.ts'
import { rowsAsked, searchFor } from './rows-asked.ts'

export interface RuleSeriesDeps {
  readonly store: Pick<LogStore, 'search'>
  readonly rules: Pick<AlertRules, 'find'>
  readonly pool: Pick<TaskPool, 'run'>
}

/** Lengths of the window that a series goes back. */
const WINDOWS = 4
/** Rows that are read for one message: a second of a worker's time. */
const ROWS_MAX = 30_000
const SECOND_US = 1_000_000
const NOT_OF_RULES = `-(service:${ALERT_SERVICE} alert.rule_id:*)`

/** What a series is made of. */
interface Asking extends RuleSeriesDeps {
  readonly change: HistoryEntry
  readonly signal: AbortSignal
  /** null = it is no longer the one that fired. */
  readonly rule: AlertRule | null
  readonly stepUs: number
  /** Steps of a window. */
  readonly steps: number
}

export async function ruleSeries(
  change: HistoryEntry,
  deps: RuleSeriesDeps,
  signal: AbortSignal,
): Promise<AlertSeries | null> {
  const { window_s: windowS } = change.about
  const stepUs = slideOf(windowS) * SECOND_US
  const steps = Math.round((windowS * SECOND_US) / stepUs)
  const rule = await ruleOf(change, deps.rules)
  const asking: Asking = { ...deps, change, signal, rule, stepUs, steps }
  return (rule === null ? null : await valuesOf(asking, rule)) ?? (await matching(asking))
}

/** The rule as it was when it fired. */
async function ruleOf(
  { projectId, ruleId, about }: HistoryEntry,
  rules: Pick<AlertRules, 'find'>,
): Promise<AlertRule | null> {
  const stored = await rules.find(projectId, ruleId)
  const parsed = stored === null ? null : parseAlertRule(stored.rule)
  if (parsed?.type !== 'rule') return null
  const { rule } = parsed
  const isSame = conditionText(rule) === about.condition && rule.windowS === about.window_s
  return isSame ? rule : null
}

/** null = there is no such value, or it takes too many rows. */
async function valuesOf(asking: Asking, rule: AlertRule): Promise<AlertSeries | null> {
  const { fn } = rule.aggregate
  if (fn === 'absence' || fn === 'new_pattern' || fn === 'vanished_pattern') return null
  const values = await (isCounted(rule) ? counted(asking, rule) : replayed(asking, rule))
  if (values === null) return null
  // What an anomaly is a score of says more than the score.
  const [of, condition] =
    fn === 'anomaly' ? [rule.aggregate.of, null] : [rule.aggregate, rule.condition]
  return { ...placed(asking, values), of: printAggregate(of), condition }
}

/** What counts of rows tell. */
function isCounted(rule: AlertRule): boolean {
  const { fn } = measuredBy(rule.aggregate)
  return !isMetricRule(rule) && ['count', 'rate', 'ratio', 'change'].includes(fn)
}

async function counted(
  asking: Asking,
  rule: AlertRule,
): Promise<readonly (number | null)[] | null> {
  const { steps } = asking
  const aggregate = measuredBy(rule.aggregate)
  const isChange = aggregate.fn === 'change'
  const counts = await countsOf(asking, '', isChange ? WINDOWS + 2 : WINDOWS + 1)
  if (counts === null) return null
  const windows = slidingCounts(counts, steps)
  if (aggregate.fn === 'rate') return windows.map(rows => rows / rule.windowS)
  if (isChange) {
    return windows
      .slice(steps)
      .map((rows, i) => share(100 * (rows - (windows[i] ?? 0)), windows[i]))
  }
  if (!('part' in aggregate)) return windows
  const parts = await countsOf(asking, aggregate.part, WINDOWS + 1)
  return parts && slidingCounts(parts, steps).map((rows, i) => share(rows, windows[i]))
}

/** null = nothing is a part of nothing. */
function share(part: number, all = 0): number | null {
  return all === 0 ? null : part / all
}

/** Logs that match, of whatever rule. */
async function matching(asking: Asking): Promise<AlertSeries | null> {
  if (asking.change.about.query === null) return null
  const counts = await countsOf(asking, '', WINDOWS + 1)
  if (counts === null) return null
  const values = slidingCounts(counts, asking.steps)
  return { ...placed(asking, values), of: null, condition: null }
}

/** Values end with the window that fired. */
function placed({ change, stepUs }: Asking, values: readonly (number | null)[]) {
  return { fromUs: change.windowEndUs - (values.length - 1) * stepUs, stepUs, values }
}

/** Rows of each step of so many windows, of the rows that match a second filter, too. */
async function countsOf(
  asking: Asking,
  part: string,
  windows: number,
): Promise<readonly number[] | null> {
  const { store, signal, stepUs, steps } = asking
  const rows = rowsOf(asking, part, windows)
  if (rows === null) return null
  const include = new Set<SearchPart>(['histogram'])
  const found = await store.search({ ...searchFor(rows), include, intervalUs: stepUs }, signal)
  const counts = Array<number>(steps * windows).fill(0)
  for (const { time, counts: levels } of found.aggregations.histogram) {
    const at = Math.floor((Date.parse(time) * 1_000 - rows.startUs) / stepUs)
    const sum = Object.values(levels).reduce((all, each) => all + each, 0)
    if (at >= 0 && at < counts.length) counts[at] = (counts[at] ?? 0) + sum
  }
  return counts
}

/** As the rule would say it of these rows alone. */
async function replayed(
  asking: Asking,
  rule: AlertRule,
): Promise<readonly (number | null)[] | null> {
  const { store, pool, signal, change, stepUs, steps } = asking
  const windows = await fewEnough(asking)
  if (windows === null) return null
  const asked = rowsOf(asking, '', windows)
  if (asked === null) return null
  const rows: string[] = []
  const plan = { ...searchFor(asked), include: new Set<SearchPart>(['logs']) }
  const pages = exportPages(plan, ROWS_MAX, page => store.search(page, signal))
  for await (const page of pages) rows.push(...page)
  const { points } = await pool.run<Replayed>('alert-replay', {
    rules: [{ id: '', version: 1, updatedAtUs: asked.startUs, rule: measuring(rule) }],
    state: null,
    rows,
    isMetrics: isMetricRule(rule),
    untilUs: change.windowEndUs + closesAfterUs(rule),
    pointUs: stepUs,
  } satisfies Replay)
  const values = Array<number | null>((windows - 1) * steps + 1).fill(null)
  for (const { key, windowEndUs, value } of points) {
    const at = values.length - 1 - Math.round((change.windowEndUs - windowEndUs) / stepUs)
    if (alertKey(key) === change.key && at >= 0 && at < values.length) values[at] = value
  }
  return values
}

/** Windows whose rows may be read; null = not even two. */
async function fewEnough(asking: Asking): Promise<number | null> {
  const counts = await countsOf(asking, '', WINDOWS + 1)
  if (counts === null) return null
  for (let windows = WINDOWS + 1; windows > 1; windows--) {
    const rows = counts.slice(-windows * asking.steps).reduce((sum, count) => sum + count, 0)
    if (rows <= ROWS_MAX) return windows
  }
  return null
}

/** An anomaly has no usual in so short a time: what it is a score of is measured. */
function measuring(rule: AlertRule): AlertRule {
  const { aggregate } = rule
  return {
    ...rule,
    enabled: true,
    aggregate: aggregate.fn === 'anomaly' ? aggregate.of : aggregate,
  }
}

/** Rows of the group that the rule looks at: not what rules have said, which stands among them. */
function rowsOf({ change, rule, stepUs, steps }: Asking, part: string, windows: number) {
  const { projectId, about, windowEndUs } = change
  const query = rule === null ? about.query : rowsQuery(rule)
  const texts = [groupQuery({ ...about, query }), part, NOT_OF_RULES].filter(text => text !== '')
  const parsed = parseSearch(texts.map(text => `(${text})`).join(' '))
  if (parsed.type !== 'search') return null
  const isMetrics = rule !== null && isMetricRule(rule)
  return rowsAsked({
    projectId: isMetrics ? metricsOf(projectId) : projectId,
    query: parsed.search.query,
    fromUs: windowEndUs - windows * steps * stepUs,
    toUs: windowEndUs,
  })
}
