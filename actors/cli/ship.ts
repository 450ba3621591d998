/**
 * `logboy ship FILE… | --log-file FILE | -`: sends the lines of files or of stdin, each exactly
 * once.
 */
import { createReadStream, statSync } from 'node:fs'
import { hostname } from 'node:os'
import { basename, resolve } from 'node:path'
import { Command } from 'commander'
import { systemClock } from '#runtime/clock.ts'
import { ClientError } from './client.ts'
import { openSender } from './ingest-target.ts'
import { type ClientOptions, withClientOptions } from './options.ts'
import type { RecordSender } from './record-sender.ts'
import { parseLine } from './ship/line-parser.ts'
import { baseName, readLines } from './ship/log-lines.ts'
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
      .argument('[file...]', 'files to read to their end, packed by gzip or not; - is stdin')
      .option('--log-file <file...>', 'the same as an argument')
      .option('--project <name>', 'project to send to')
      .option('--key <key>', 'ingest key to use instead (LOGBOY_KEY)')
      .option('--service <name>', "service of lines that name none (else the file's base name)")
      .option('--host <name>', 'host of lines that name none (else this machine)'),
  ).action(ship)
}

async function ship(args: readonly string[], options: ShipOptions): Promise<void> {
  const files = [...args, ...(options.logFile ?? [])]
  if (files.length === 0) fail('name a file to ship, or - for stdin')
  for (const file of files) {
    const found = file === '-' ? null : statSync(file, { throwIfNoEntry: false })
    if (found === undefined) fail(`there is no file ${file}`)
    if (found?.isDirectory() === true) fail(`${file} is a folder: name the files in it`)
  }
  const target = await openSender({ ...options, name: 'ship' })
  const reading: Reading = { lines: 0, trouble: null }
  for (const file of files) {
    if (reading.trouble === null) await shipFile(file, options, target.sender, reading)
  }
  await target.close()
  const { lines, trouble } = reading
  const { accepted, rejected, reasons } = target.sender.sent
  print(
    { json: options.json === true },
    { files: files.length, lines, accepted, rejected, reasons },
    `${counted(lines, 'line')} of ${counted(files.length, 'file')}: ${accepted} stored, ${rejected} rejected`,
  )
  for (const reason of reasons) note(`rejected: ${reason}`)
  if (trouble !== null) fail(trouble)
  if (rejected > 0) process.exitCode = 1
}

interface Reading {
  lines: number
  /** Why a file could not be read to its end; what was read before is sent all the same. */
  trouble: string | null
}

async function shipFile(
  file: string,
  options: ShipOptions,
  sender: RecordSender,
  reading: Reading,
): Promise<void> {
  const stdin = file === '-'
  const path = stdin ? '' : resolve(file)
  const origin = {
    file: path,
    host: options.host ?? hostname(),
    service: options.service ?? (stdin ? 'stdin' : baseName(basename(file))),
  }
  const input = stdin ? process.stdin : createReadStream(path)
  // Ctrl-C ends the reading, of what `tail -f` writes for instance, and not what is on its way.
  const stop = () => input.destroy()
  process.once('SIGINT', stop)
  try {
    for await (const line of readLines(input)) {
      if (line.trim() === '') continue
      reading.lines++
      const record = parseLine(line, { ...origin, readAtUs: systemClock.nowUs() })
      await sender.add(JSON.stringify(record))
    }
  } catch (error) {
    if (error instanceof ClientError) throw error
    const { code = '', message } = error as NodeJS.ErrnoException
    const stopped = code === 'ERR_STREAM_PREMATURE_CLOSE'
    reading.trouble = stopped ? 'stopped' : `${file} cannot be read: ${message}`
  } finally {
    process.off('SIGINT', stop)
  }
}
