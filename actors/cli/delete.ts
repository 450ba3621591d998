/** `logboy delete QUERY`: counts what matches, asks, and deletes it. */
import { createInterface } from 'node:readline'
import { Command } from 'commander'
import { call, findProject } from './client.ts'
import { type ClientOptions, connectionOf, withClientOptions } from './options.ts'
import { counted, fail, note, print } from './terminal.ts'
import { timeOf } from './time-option.ts'

interface DeleteOptions extends ClientOptions {
  readonly project: string
  readonly since: string
  readonly until: string
  readonly level?: string
  readonly service?: string
  readonly dryRun?: boolean
  readonly yes?: boolean
}

interface DeleteReply {
  readonly rows: number
  readonly start_time: string
  readonly end_time: string
}

export function deleteCommand(): Command {
  return withClientOptions(
    new Command('delete')
      .description('delete the logs that match, for good')
      .argument('[query...]', 'as for search', [])
      .requiredOption('--project <name>', 'project, by name or id')
      .requiredOption('--since <time>', 'RFC 3339, a span such as 15m, 6h, 7d, or 0 for all')
      .option('--until <time>', 'RFC 3339, or a span ago', 'now')
      .option('--level <levels>', 'levels, with commas')
      .option('--service <services>', 'services, with commas')
      .option('--dry-run', 'only count')
      .option('--yes', 'do not ask'),
  ).action(deleteLogs)
}

async function deleteLogs(words: readonly string[], options: DeleteOptions): Promise<void> {
  const connection = connectionOf(options)
  const { id, name } = await findProject(connection, options.project)
  const filter = {
    project: id,
    query: words.join(' '),
    start_time: timeOf(options.since),
    end_time: timeOf(options.until),
    ...(options.level === undefined ? {} : { levels: options.level.split(',') }),
    ...(options.service === undefined ? {} : { services: options.service.split(',') }),
  }
  const send = (body: object): Promise<DeleteReply> =>
    call(connection, 'POST', '/api/v1/logs/delete', body)
  const found = await send({ ...filter, dry_run: true })
  const { rows, start_time, end_time } = found
  const output = { json: options.json === true }
  const range = `from ${start_time} to ${end_time}`
  if (options.dryRun === true || rows === 0) {
    print(output, found, `${counted(rows, 'log')} ${range} would be deleted`)
    return
  }
  if (options.yes !== true && !(await isSure(`${counted(rows, 'log')} of ${name} ${range}`))) {
    fail('nothing was deleted')
  }
  // The times as the server understood them: `now` has moved on.
  const done = await send({ ...filter, start_time, end_time })
  print(output, done, `${counted(done.rows, 'log')} deleted`)
}

async function isSure(what: string): Promise<boolean> {
  if (!process.stdin.isTTY) fail(`${what} would be deleted; say --yes to delete them`)
  note(`This deletes ${what}, for good. Type yes to go on:`)
  for await (const line of createInterface({ input: process.stdin })) return line.trim() === 'yes'
  return false
}
