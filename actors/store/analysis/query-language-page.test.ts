import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { test } from 'node:test'
import { ANY_TIME, compileMatcher } from '#actors/processing/matcher.ts'
import { projectRow } from '#actors/processing/project-row.ts'
import { rowJson } from '#actors/processing/row-json.ts'
import { pageRows } from '#actors/processing/testing/query-language-page.ts'
import type { Json } from '#proto/api.ts'
import { isTableStage, type Stage } from '#proto/query/analysis.ts'
import { parseSearch } from '#proto/query.ts'
import { tabulateGroups } from '../tasks/tabulate.ts'
import { groupingStage } from './grouping-stage.ts'
import { Groups } from './groups.ts'
import { groupsWanted } from './groups-wanted.ts'

const PAGE = readFileSync('docs/query-language.md', 'utf8')
const MINUTE_US = 60_000_000

test('every analysis of docs/query-language.md answers the table of the page', () => {
  const [, section = ''] = PAGE.split('## Analyses')
  const examples = [...section.matchAll(/```text\n(.*)\n([\s\S]*?)```/g)]
  assert.ok(examples.length >= 10, `${examples.length} examples`)
  for (const [, text = '', table = ''] of examples) {
    const told = table.trimEnd().split('\n').map(cellsOf)
    assert.deepEqual(answer(text), told, text)
  }
})

/** Columns of the page stand two spaces apart or more. */
function cellsOf(line: string): string[] {
  return line.trim().split(/ {2,}/)
}

/** The names of the columns, then the rows, as the command line writes them. */
function answer(text: string): string[][] {
  const parsed = parseSearch(text)
  assert.ok(parsed.type === 'search', `${text}: ${JSON.stringify(parsed)}`)
  const { query, stages } = parsed.search
  const rows = pageRows(PAGE)
  const selected = compileMatcher({ ...ANY_TIME, query, services: [], levels: [] }).select(rows)
  const [first] = stages
  if (first?.type === 'fields') {
    const newestFirst = Array.from(selected, row => rowJson(rows, row)).toReversed()
    const lines = newestFirst.map(json => JSON.parse(projectRow(json, first.fields)) as Json[])
    return [[...first.fields], ...lines.map(line => line.map(cellText))]
  }
  assert.ok(first !== undefined && isTableStage(first))
  const { columns, rows: lines } = tableOf(stages, groups => groups.addRows(rows, selected))
  return [columns.map(({ name }) => name), ...lines.map(line => line.map(cellText))]
}

function tableOf(
  stages: readonly Stage[],
  fill: (groups: Groups) => void,
): ReturnType<typeof tabulateGroups> {
  const wanted = groupsWanted(groupingStage(stages), {
    intervalUs: MINUTE_US,
    bytesMax: Number.POSITIVE_INFINITY,
  })
  const groups = new Groups(wanted)
  fill(groups)
  return tabulateGroups({ stages, part: groups.part(), wanted })
}

function cellText(cell: Json): string {
  if (cell === null) return '-'
  return typeof cell === 'string' ? cell : JSON.stringify(cell)
}
