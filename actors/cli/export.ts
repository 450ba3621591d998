/** `logboy export QUERY`: all logs that match, into a file or to stdout. */
import { createWriteStream, existsSync, renameSync, rmSync } from 'node:fs'
import { pipeline } from 'node:stream/promises'
import { Command } from 'commander'
import { ClientError, findProject, problemOf, reach } from './client.ts'
import { type ClientOptions, connectionOf, withClientOptions } from './options.ts'
import { fail, note } from './terminal.ts'
import { timeOf } from './time-option.ts'

interface ExportOptions extends Omit<ClientOptions, 'json'> {
  readonly project: string
  readonly since: string
  readonly until?: string
  readonly level?: string
  readonly service?: string
  readonly format: string
  readonly columns?: string
  readonly limit?: string
  readonly after?: string
  readonly out?: string
}

export function exportCommand(): Command {
  return withClientOptions(
    new Command('export')
      .description('write the logs that match to a file, newest first')
      .argument('[query...]', 'as for search', [])
      .requiredOption('--project <name>', 'project, by name or id')
      .option('--since <time>', 'RFC 3339, a span such as 15m, 6h, 7d, or 0 for all', '24h')
      .option('--until <time>', 'RFC 3339, or a span ago')
      .option('--level <levels>', 'levels, with commas')
      .option('--service <services>', 'services, with commas')
      .option('--format <format>', 'ndjson, csv or parquet', 'ndjson')
      .option('--columns <names>', 'of csv and parquet: fields and attributes, with commas')
      .option('--limit <n>', 'rows at most')
      .option('--after <id>', 'goes on behind this log')
      .option('--out <file>', 'file to write to, which appears once it is whole'),
  ).action(exportLogs)
}

async function exportLogs(words: readonly string[], options: ExportOptions): Promise<void> {
  const { out, format } = options
  if (out === undefined && format === 'parquet' && process.stdout.isTTY) {
    fail('Parquet is not for terminals: name a file with --out')
  }
  if (out !== undefined && existsSync(out)) fail(`${out} exists already`)
  const connection = connectionOf(options)
  const { id } = await findProject(connection, options.project)
  const query = new URLSearchParams(questionOf(id, words, options))
  const response = await reach(connection, `/api/v1/logs/export?${query.toString()}`, {
    headers: { authorization: `Bearer ${connection.token}` },
  })
  if (!response.ok || response.body === null) {
    throw problemOf(response.status, await response.text())
  }
  await save(response.body, out)
  if (out !== undefined) note(`written to ${out}`)
}

function questionOf(
  project: string,
  words: readonly string[],
  { since, until, level, service, format, columns, limit, after }: ExportOptions,
): Record<string, string> {
  return {
    project,
    query: words.join(' '),
    start_time: timeOf(since),
    format,
    ...(until === undefined ? {} : { end_time: timeOf(until) }),
    ...(level === undefined ? {} : { levels: level }),
    ...(service === undefined ? {} : { services: service }),
    ...(columns === undefined ? {} : { columns }),
    ...(limit === undefined ? {} : { limit }),
    ...(after === undefined ? {} : { after }),
  }
}

/** What is cut off must not look whole: it keeps another name, which is removed. */
async function save(body: ReadableStream<Uint8Array>, out: string | undefined): Promise<void> {
  const part = `${out}.part`
  try {
    if (out === undefined) await pipeline(body, process.stdout, { end: false })
    else {
      await pipeline(body, createWriteStream(part))
      renameSync(part, out)
    }
  } catch (error) {
    if (out !== undefined) rmSync(part, { force: true })
    const { message } = error as Error
    throw new ClientError(`the export was cut off (${message})`, 'LOGBOY_EXPORT_CUT')
  }
}
