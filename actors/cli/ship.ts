/**
 * `logboy ship FILE… | --log-file FILE | -`: sends the lines of files or of stdin, each exactly
 * once.
 */
import { createReadStream, existsSync } from 'node:fs'
import { hostname } from 'node:os'
import { basename, resolve } from 'node:path'
import { createInterface } from 'node:readline'
import { Command } from 'commander'
import { systemClock } from '#runtime/clock.ts'
import { openSender } from './ingest-target.ts'
import { type ClientOptions, connectionOf, withClientOptions } from './options.ts'
import type { RecordSender } from './record-sender.ts'
import { parseLine } from './ship/line-parser.ts'
import { counted, fail, note, print } from './terminal.ts'

interface ShipOptions extends ClientOptions {
  readonly logFile?: string[]
  readonly project?: string
  readonly key?: string
  readonly service?: string
  readonly host?: string
}

export function shipCommand(): Command {
  return withClientOptions(
    new Command('ship')
      .description('send log files, or stdin as -')
      .argument('[file...]', 'files to read to their end; - is stdin')
      .option('--log-file <file...>', 'the same as an argument')
      .option('--project <name>', 'project to send to')
      .option('--key <key>', 'ingest key to use instead')
      .option('--service <name>', "service of lines that name none (else the file's base name)")
      .option('--host <name>', 'host of lines that name none (else this machine)'),
  ).action(ship)
}

async function ship(args: readonly string[], options: ShipOptions): Promise<void> {
  const files = [...args, ...(options.logFile ?? [])]
  if (files.length === 0) fail('name a file to ship, or - for stdin')
  const missing = files.find(file => file !== '-' && !existsSync(file))
  if (missing !== undefined) fail(`there is no file ${missing}`)
  if (options.key === undefined && options.project === undefined)
    fail('name a --project or a --key')
  const target = await openSender({
    connection: () => connectionOf(options),
    url: options.url,
    project: options.project,
    key: options.key,
    name: 'ship',
    onWait: reason => note(`waiting: ${reason}`),
  })
  let lines = 0
  for (const file of files) lines += await shipFile(file, options, target.sender)
  await target.close()
  const { accepted, rejected, reasons } = target.sender.sent
  print(
    { json: options.json === true },
    { files: files.length, lines, accepted, rejected, reasons },
    `${counted(lines, 'line')} of ${counted(files.length, 'file')}: ${accepted} stored, ${rejected} rejected`,
  )
  for (const reason of reasons) note(`rejected: ${reason}`)
  if (rejected > 0) process.exitCode = 1
}

async function shipFile(file: string, options: ShipOptions, sender: RecordSender): Promise<number> {
  const stdin = file === '-'
  const path = stdin ? '' : resolve(file)
  const origin = {
    file: path,
    host: options.host ?? hostname(),
    service: options.service ?? (stdin ? 'stdin' : basename(file).replace(/\.[^.]+$/, '')),
  }
  const input = stdin ? process.stdin : createReadStream(path)
  let lines = 0
  for await (const line of createInterface({ input, crlfDelay: Infinity })) {
    if (line.trim() === '') continue
    lines++
    await sender.add(JSON.stringify(parseLine(line, { ...origin, readAtUs: systemClock.nowUs() })))
  }
  return lines
}
