/** `logboy search QUERY`: newest first, as many as asked for, page by page. */
import { Command } from 'commander'
import type { Row, SearchRequest } from '#proto/api.ts'
import { SEARCH_LIMIT_MAX } from '#proto/limits.ts'
import { explainSearch } from '#proto/query/explain-stages.ts'
import { parseSearch } from '#proto/query.ts'
import { findProject } from './client.ts'
import { type ClientOptions, connectionOf, withClientOptions } from './options.ts'
import { printTable } from './print-table.ts'
import { searchTelling } from './search-progress.ts'
import { counted, fail, formatRow, note, print } from './terminal.ts'
import { timeOf } from './time-option.ts'

interface SearchOptions extends ClientOptions {
  readonly project: string
  readonly since: string
  readonly until?: string
  readonly level?: string
  readonly service?: string
  readonly limit: string
  readonly explain?: boolean
}

export function searchCommand(): Command {
  return withClientOptions(
    new Command('search')
      .description('search a project, newest first')
      .argument(
        '[query...]',
        'words, field:value, OR, -not, ranges; | count by service and other analyses',
        [],
      )
      .requiredOption('--project <name>', 'project, by name or id')
      .option('--since <time>', 'RFC 3339, or a span such as 15m, 6h, 7d', '24h')
      .option('--until <time>', 'RFC 3339, or a span ago')
      .option('--level <levels>', 'levels, with commas')
      .option('--service <services>', 'services, with commas')
      .option('--limit <n>', 'rows at most', '100')
      .option('--explain', 'say in words how the query is understood, before the rows'),
  ).action(search)
}

async function search(words: readonly string[], options: SearchOptions): Promise<void> {
  const connection = connectionOf(options)
  const { id } = await findProject(connection, options.project)
  if (options.explain === true) explain(words.join(' '))
  let wanted = Number(options.limit)
  if (!Number.isInteger(wanted) || wanted < 0) fail(`--limit ${options.limit} is no whole number`)
  let cursor: string | null = null
  let shown = 0
  do {
    const request: SearchRequest = {
      project: id,
      query: words.join(' '),
      start_time: timeOf(options.since),
      ...(options.until === undefined ? {} : { end_time: timeOf(options.until) }),
      ...(options.level === undefined ? {} : { levels: options.level.split(',') }),
      ...(options.service === undefined ? {} : { services: options.service.split(',') }),
      limit: Math.min(wanted, SEARCH_LIMIT_MAX),
      include: shown === 0 ? ['logs', 'total'] : ['logs'],
      ...(cursor === null ? {} : { cursor }),
    }
    const reply = await searchTelling(connection, request, process.stderr)
    const { table } = reply
    const json = options.json === true
    for (const row of reply.logs) printRow(row, options)
    if (table !== undefined) printTable(table, { json, hasHead: shown === 0 })
    if (table?.truncated === true) note('the table is cut here: ask for less')
    const rows = table === undefined ? reply.logs.length : table.rows.length
    shown += rows
    wanted -= rows
    cursor = rows === 0 ? null : reply.next_cursor
    if (reply.total !== null && options.json !== true) {
      const matches = counted(reply.total, 'match', 'matches')
      note(`${matches} in ${Math.round(reply.query_time_ms)} ms`)
      for (const hint of reply.hints ?? []) note(hint)
    }
  } while (cursor !== null && wanted > 0)
}

/** What is wrong with a query the server tells. */
function explain(text: string): void {
  const parsed = parseSearch(text)
  if (parsed.type === 'search') note(explainSearch(parsed.search))
}

function printRow(row: Row, { json }: SearchOptions): void {
  print({ json: json === true }, row, formatRow(row))
}
