/** What every LogStore has to say of patterns, against a list of rows counted the naive way. */
import assert from 'node:assert/strict'
import { mergeTemplates, type PatternGroup } from '#actors/processing/patterns/merge.ts'
import { patternOfText } from '#actors/processing/patterns/pattern-ids.ts'
import { type Template, templateOf, templateText } from '#actors/processing/patterns/template.ts'
import type { Row } from '#proto/api.ts'
import { parseQuery } from '#proto/query.ts'
import { parseTime } from '#proto/time.ts'
import type { PatternsInput, PatternsResult } from '../store.ts'
import { hexId, type PlainLog } from './random-logs.ts'
import { searchAll } from './random-searches.ts'
import { NEVER, OTHER, PROJECT, type Rig, START_US } from './store-rig.ts'

const BAR_US = 60_000_000
const NAMES = ['ann', 'bob', 'cyd', 'dan', 'eve', 'fay', 'gus']

function messageOf(i: number): string {
  const name = NAMES[i % NAMES.length]
  switch (i % 4) {
    case 0:
      return `login of ${name} from 10.0.0.${i % 250} refused`
    case 1:
      return `order ${i} placed in ${i % 90} ms`
    case 2:
      return i % 8 === 2 ? 'cache emptied' : `cache filled with ${i} entries`
    default:
      return ''
  }
}

function logs(from: number, count: number): PlainLog[] {
  return Array.from({ length: count }, (_, k) => ({
    timeUs: START_US + (from + k) * 7_000_000,
    subNs: 0,
    severity: k % 3 === 0 ? 17 : 9,
    severityText: '',
    service: 'api',
    host: '',
    file: '',
    message: messageOf(from + k),
    traceId: k % 5 === 0 ? hexId(k, 32) : '',
    spanId: '',
    attributes: [['status', (from + k) % 3]],
  }))
}

interface Expected {
  count: number
  firstMs: number
  lastMs: number
  readonly template: string
  readonly bars: Map<number, number>
}

/** `known`: rows that the wordings are known from. */
function naivePatterns(known: readonly Row[], rows: readonly Row[]): Map<number, Expected> {
  const templates = new Map<number, Template>()
  // A wording is shown as one of its messages has it, and these differ in values alone.
  for (const { message } of known) {
    const bytes = Buffer.from(message)
    templates.set(patternOfText(message), templateOf(bytes, 0, bytes.length))
  }
  const groupOf = new Map<number, PatternGroup>()
  for (const group of mergeTemplates(templates)) {
    for (const member of group.members) groupOf.set(member, group)
  }
  const patterns = new Map<number, Expected>()
  for (const { message, time } of rows) {
    const group = groupOf.get(patternOfText(message))
    assert(group !== undefined)
    const us = parseTime(time)?.timeUs ?? 0
    const ms = Math.floor(us / 1_000)
    const fresh = { count: 0, firstMs: ms, lastMs: ms, bars: new Map<number, number>() }
    const pattern = patterns.get(group.id) ?? { ...fresh, template: templateText(group.template) }
    patterns.set(group.id, pattern)
    pattern.count++
    pattern.firstMs = Math.min(pattern.firstMs, ms)
    pattern.lastMs = Math.max(pattern.lastMs, ms)
    const bar = us - (us % BAR_US)
    pattern.bars.set(bar, (pattern.bars.get(bar) ?? 0) + 1)
  }
  return patterns
}

async function assertPatterns(
  rig: Rig,
  asked: Partial<PatternsInput> = {},
): Promise<PatternsResult> {
  await rig.covered()
  const filter = { ...searchAll(PROJECT, { limit: 10_000 }), ...asked, limit: 10_000 }
  const { rows } = rig.reference.search(filter)
  const known = rig.reference.search(searchAll(PROJECT, { limit: 10_000 })).rows
  const expected = naivePatterns(known, rows)
  const found = await rig.store.patterns(
    { ...filter, limit: 100, examples: true, barUsOf: () => BAR_US },
    NEVER,
  )
  assert.deepEqual([found.total, found.found], [rows.length, expected.size])
  let before = Number.POSITIVE_INFINITY
  for (const { id, examples, firstUs, lastUs, bars, ...pattern } of found.patterns) {
    const wanted = expected.get(id)
    assert(wanted !== undefined, pattern.template)
    const { bars: wantedBars, firstMs, lastMs, ...rest } = wanted
    assert.deepEqual(pattern, rest)
    assert.deepEqual(
      [firstUs, lastUs].map(us => Math.floor(us / 1_000)),
      [firstMs, lastMs],
    )
    assert.deepEqual(
      bars,
      [...wantedBars].sort(([a], [b]) => a - b),
    )
    assert.ok(examples.length > 0 && examples.length <= 3)
    const ids = new Set(rows.map(row => row.id))
    for (const example of examples) assert.ok(ids.has((JSON.parse(example) as Row).id))
    assert.ok(pattern.count <= before, 'most rows first')
    before = pattern.count
  }
  return found
}

/** Which rows are shown, and where they lie, is not promised. */
function promisesOf({ total, found, barUs, patterns }: PatternsResult): object {
  return { total, found, barUs, patterns: patterns.map(each => ({ ...each, examples: [] })) }
}

export const PATTERN_TESTS: Readonly<Record<string, (rig: Rig) => Promise<void>>> = {
  'patterns are counted wherever the rows are, and after a restart': async rig => {
    await rig.appendLogs(PROJECT, logs(0, 80))
    await rig.appendLogs(OTHER, logs(0, 10))
    const recent = await assertPatterns(rig)
    await rig.store.flush()
    const stored = await assertPatterns(rig)
    assert.deepEqual(promisesOf(stored), promisesOf(recent))
    await rig.appendLogs(PROJECT, logs(80, 40))
    await assertPatterns(rig)
    await rig.store.flush()
    await assertPatterns(rig)
    await rig.restart()
    await assertPatterns(rig)
  },

  'patterns of the rows that match': async rig => {
    await rig.appendLogs(PROJECT, logs(0, 120))
    for (const flushed of [false, true]) {
      if (flushed) await rig.store.flush()
      for (const text of ['refused', 'status:1', 'cache OR placed', 'nothing', '-level:error']) {
        const parsed = parseQuery(text)
        assert(parsed.type === 'query')
        await assertPatterns(rig, { query: parsed.query })
      }
      const [startUs, endUs] = [START_US + 100_500_000, START_US + 300_000_000]
      await assertPatterns(rig, { startUs, endUs, levels: ['ERROR'] })
    }
  },

  'a query for a pattern finds the rows of all its wordings': async rig => {
    await rig.appendLogs(PROJECT, logs(0, 60))
    await rig.store.flush()
    const { patterns } = await assertPatterns(rig)
    const groups = await rig.store.patternGroups(PROJECT, true)
    for (const { id, count } of patterns) {
      const parsed = parseQuery(`pattern_id:${id}`)
      assert(parsed.type === 'query')
      const query = groups.expanded(parsed.query)
      const { total, logs: rows } = await rig.search(searchAll(PROJECT, { query }))
      assert.equal(total, count)
      for (const row of rows) {
        assert.equal((JSON.parse(groups.renamed(row)) as Row).pattern_id, String(id))
      }
    }
    assert.ok(patterns.some(({ template }) => template === 'login of <*> from <*> refused'))
  },

  'deleted rows are in no pattern': async rig => {
    await rig.appendLogs(PROJECT, logs(0, 20))
    await rig.appendLogs(PROJECT, logs(20, 20))
    await rig.store.flush()
    await rig.covered()
    await rig.expire(PROJECT, rig.receivedAtUs)
    const { rows } = rig.reference.search(searchAll(PROJECT))
    const { total } = await rig.store.patterns(
      { ...searchAll(PROJECT), limit: 100, examples: true, barUsOf: () => BAR_US },
      NEVER,
    )
    assert.equal(total, rows.length)
  },
}
