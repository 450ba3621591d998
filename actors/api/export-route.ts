/** `GET /api/v1/logs/export`: all logs that match, as a file that is made while it is read. */
import { z } from 'zod/v4'
import type { HttpAnswer, HttpRequest, Route } from '#actors/http/http-server.ts'
import { HttpProblem } from '#actors/http/problem.ts'
import { type ExportPages, exportPages } from '#actors/store/export-pages.ts'
import { EXPORT_COLUMNS } from '#actors/store/parquet/export-rows.ts'
import { cursorBehind } from '#actors/store/row-context.ts'
import type { SearchPlanInput } from '#actors/store/store.ts'
import { EXPORT_ROWS_MAX } from '#proto/limits.ts'
import type { CallersProject } from './caller.ts'
import { CSV_COLUMNS } from './csv.ts'
import { endpoint, projectQuery } from './endpoint.ts'
import { csvChunks, lineChunks } from './export-chunks.ts'
import { parquetChunks } from './parquet-chunks.ts'
import { STORE_PROBLEMS } from './query-gate.ts'
import { levelsOf, planQuestion } from './search-request.ts'
import type { SearchDeps } from './search-routes.ts'

const COLUMNS_MAX = 100
const list = z
  .string()
  .transform(text => text.split(',').filter(part => part !== ''))
  .optional()

const exportQuery = projectQuery.extend({
  format: z.enum(['ndjson', 'csv', 'parquet']).default('ndjson'),
  query: z.string().default(''),
  services: list.describe('with commas'),
  levels: z.string().optional().describe('with commas, in any case'),
  start_time: z.string().optional(),
  end_time: z.string().optional(),
  ingested_start: z.string().optional(),
  ingested_end: z.string().optional(),
  order: z.enum(['desc', 'asc']).default('desc').describe('newest first, or oldest'),
  limit: z.coerce.number().int().min(1).max(EXPORT_ROWS_MAX).default(EXPORT_ROWS_MAX),
  after: z.string().optional().describe('id of the last log that you have: goes on behind it'),
  columns: list.describe('of CSV and Parquet, with commas: fields and attributes'),
  formulas: z
    .enum(['escape', 'keep'])
    .default('escape')
    .describe('of CSV: an apostrophe before what a spreadsheet would run, or values as they are'),
})
type ExportQuery = z.output<typeof exportQuery>

const TYPES = {
  ndjson: 'application/x-ndjson',
  csv: 'text/csv; charset=utf-8; header=present',
  parquet: 'application/vnd.apache.parquet',
} as const

export function exportRoute(deps: SearchDeps): Route {
  return endpoint(deps, {
    method: 'GET',
    path: '/api/v1/logs/export',
    tag: 'logs',
    summary: 'All logs that match, as a file.',
    description:
      `At most ${EXPORT_ROWS_MAX} logs; the next part begins with \`after\`, the id of the last ` +
      'one. So does an export that was cut off: an answer that is whole ends with its last chunk, ' +
      'any other one with a broken connection. A Parquet file is of use only as a whole.',
    who: 'member',
    needs: 'logs.export',
    query: exportQuery,
    answers: { 200: { description: 'A log a line.', mediaType: TYPES.ndjson, schema: null } },
    problems: [...STORE_PROBLEMS, 'LOGBOY_NOT_FOUND'],
    handle: ({ query, project, request }) => exportLogs(query, project, request, deps),
  })
}

async function exportLogs(
  query: ExportQuery,
  project: CallersProject,
  request: HttpRequest,
  deps: SearchDeps,
): Promise<HttpAnswer> {
  const { store, clock, queries } = deps
  const { signal } = request
  const search = (page: SearchPlanInput) =>
    queries.run(project.id, signal, each => store.search(page, each))
  const { format, limit, after, services, levels, columns, formulas: _, ...filter } = query
  const input = planQuestion(
    { ...filter, services: services ?? [], levels: levelsOf(levels ?? null), include: ['logs'] },
    project,
    clock.nowUs(),
  )
  const cursor = after === undefined ? null : await cursorBehind(after, input, search)
  if (after !== undefined && cursor === null) {
    throw new HttpProblem('LOGBOY_NOT_FOUND', `after: there is no log ${after}`)
  }
  if (columns !== undefined && columns.length > COLUMNS_MAX) {
    throw new HttpProblem('LOGBOY_BAD_REQUEST', `columns: at most ${COLUMNS_MAX}`)
  }
  const pages = exportPages({ ...input, cursor }, limit, search)
  // What cannot be asked at all is told with its status, before the first byte.
  const first = await pages.next()
  return {
    status: 200,
    headers: [
      ['content-type', TYPES[format]],
      ['content-disposition', `attachment; filename="logs.${format}"`],
      ['cache-control', 'no-store'],
    ],
    chunks: chunksOf(query, withFirst(first.value ?? [], pages), { pool: deps.pool, signal }),
  }
}

function chunksOf(
  { format, columns, formulas }: ExportQuery,
  pages: ExportPages,
  tools: Pick<SearchDeps, 'pool'> & { readonly signal: AbortSignal },
): NonNullable<HttpAnswer['chunks']> {
  switch (format) {
    case 'ndjson':
      return lineChunks(pages)
    case 'csv':
      return csvChunks(pages, {
        columns: columns ?? CSV_COLUMNS,
        isEscaped: formulas === 'escape',
      })
    case 'parquet':
      return parquetChunks(pages, columns ?? EXPORT_COLUMNS, tools)
  }
}

async function* withFirst(first: readonly string[], rest: ExportPages): ExportPages {
  yield first
  yield* rest
}
