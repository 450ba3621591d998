/** `logboy alerts test FILE`: what rules would say of given logs, without a server. */
import { readFileSync } from 'node:fs'
import { Command } from 'commander'
import type { AlertChange } from '#actors/alerts/alert-engine.ts'
import { replay } from '#actors/alerts/replay.ts'
import { faultText, parseRuleFile } from '#actors/alerts/rule-file.ts'
import { conditionText, groupOf } from '#actors/alerts/state-change.ts'
import { decodeJson } from '#actors/gateway/json/decode-json.ts'
import { rowJson } from '#actors/processing/row-json.ts'
import { openRows } from '#actors/processing/rows.ts'
import { type AlertRule, isMetricRule } from '#proto/alert-rule.ts'
import type { Row } from '#proto/api.ts'
import { openProven } from '#proto/log-batch.ts'
import { formatTime, parseTime } from '#proto/time.ts'
import { counted, fail, note, plain, print, table } from './terminal.ts'

interface TestOptions {
  readonly logs: string
  readonly json?: boolean
}

const DAY_US = 86_400_000_000
/** Of the year 2096: no log comes from behind it. */
const LATER_US = 4_000_000_000_000_000n

export function alertsCommand(): Command {
  const test = new Command('test')
    .description('tell when the rules of a file would have fired for given logs')
    .argument('<file>', 'YAML or JSON with `rules:`')
    .requiredOption('--logs <file>', 'logs as for /ingest, each received at its own time')
    .option('--json', 'a line of JSON for each change')
    .action(testRules)
  return new Command('alerts').description('alert rules').addCommand(test)
}

function testRules(file: string, { logs, json = false }: TestOptions): void {
  const parsed = parseRuleFile(contents(file).toString())
  if (parsed.type === 'faults') {
    fail(parsed.faults.map(fault => `${file}: ${faultText(fault)}`).join('\n'))
  }
  const rows = rowsOf(logs)
  const lines = parsed.rules
    .flatMap(rule => changesOf(rule, rows).map(change => ({ rule, change })))
    .toSorted((a, b) => a.change.windowEndUs - b.change.windowEndUs)
    .map(({ rule, change }) => lineOf(rule, change))
  if (json) for (const line of lines) print({ json }, line, '')
  else if (lines.length === 0) note('nothing would have fired')
  else {
    const cells = lines.map(({ group, ...line }) =>
      [...Object.values(line), JSON.stringify(group)].map(cell => plain(String(cell ?? '-'))),
    )
    print(
      { json },
      null,
      table(['window end', 'rule', 'from', 'to', 'value', 'condition', 'group'], cells),
    )
  }
}

function lineOf(rule: AlertRule, change: AlertChange) {
  return {
    window_end: formatTime(change.windowEndUs),
    rule: rule.name,
    from: change.from,
    to: change.to,
    value: change.value,
    condition: conditionText(rule),
    group: groupOf(rule, change.key),
  }
}

function changesOf(rule: AlertRule, rows: readonly Row[]): readonly AlertChange[] {
  if (isMetricRule(rule)) {
    note(`${rule.name}: rules of metrics are not tested with logs`)
    return []
  }
  if (!rule.enabled) note(`${rule.name}: is not enabled; here is what it would have said`)
  const times = rows.map(({ time }) => parseTime(time)?.timeUs ?? 0)
  const tested = { ...rule, enabled: true }
  const { changes, leftOut } = replay({
    rules: [{ id: rule.name, version: 1, updatedAtUs: Math.min(...times), rule: tested }],
    state: null,
    rows: rows.map(row => JSON.stringify(row)),
    isMetrics: false,
    untilUs: Math.max(...times) + 2 * DAY_US,
    pointUs: null,
  })
  if (leftOut > 0) {
    note(`${rule.name}: ${counted(leftOut, 'log')} of groups beyond groups_max did not count`)
  }
  return changes
}

/** Read as the door for HTTP reads them. */
function rowsOf(path: string): readonly Row[] {
  const body = Uint8Array.from(contents(path)).buffer
  const { result } = decodeJson({ body, encoding: 'identity', hash: false, timeZone: 'UTC' })
  if (result.type !== 'decoded') fail(`${path} has no logs that can be read`)
  const [refused] = result.rejected
  if (refused !== undefined) fail(`${path}: log ${refused.index + 1}: ${refused.reason}`)
  const rows = result.chunks.flatMap(({ batch }) => {
    const identity = { producer: 1n, epoch: 0, sequence: 1n, rejected: [] }
    const columns = openRows({ ...identity, receivedAtUs: LATER_US }, openProven(batch))
    return Array.from({ length: columns.count }, (_, at) => JSON.parse(rowJson(columns, at)) as Row)
  })
  const untimed = rows.findIndex(({ flags }) => flags?.includes('time_missing') === true)
  if (untimed >= 0) fail(`${path}: log ${untimed + 1} has no time`)
  if (rows.length === 0) fail(`${path} has no logs`)
  return rows.map(row => ({ ...row, ingested_at: row.time }))
}

function contents(path: string): Buffer {
  try {
    return readFileSync(path)
  } catch (error) {
    return fail((error as Error).message)
  }
}
