/** `logboy tail`: the live stream in the terminal; after a cut it goes on where it was. */
import { Command } from 'commander'
import WebSocket from 'ws'
import type { TailFrame } from '#proto/tail.ts'
import { TROUBLE_TEXTS } from '#proto/trouble.ts'
import { pause } from '#runtime/clock.ts'
import { type Connection, findProject } from './client.ts'
import { type ClientOptions, connectionOf, withClientOptions } from './options.ts'
import { fail, formatRow, note, print } from './terminal.ts'

interface TailOptions extends ClientOptions {
  readonly project: string
  readonly level?: string
  readonly service?: string
}

const RECONNECT_MS = 500

export function tailCommand(): Command {
  return withClientOptions(
    new Command('tail')
      .description('follow a project live; Ctrl-C ends it')
      .argument('[query...]', 'words, "phrases", field:value; all must match', [])
      .requiredOption('--project <name>', 'project, by name or id')
      .option('--level <levels>', 'levels, with commas')
      .option('--service <services>', 'services, with commas'),
  ).action(tail)
}

async function tail(words: readonly string[], options: TailOptions): Promise<void> {
  const connection = connectionOf(options)
  const { id } = await findProject(connection, options.project)
  const parameters = new URLSearchParams({ project: id, query: words.join(' ') })
  if (options.level !== undefined) parameters.set('levels', options.level)
  if (options.service !== undefined) parameters.set('services', options.service)
  process.once('SIGINT', () => process.exit(0))
  let isTold = false
  for (;;) {
    const wasOpen = await follow(connection, parameters, options.json === true)
    if (wasOpen || !isTold) note('connection lost, going on where it was …')
    isTold = true
    await pause(RECONNECT_MS)
  }
}

/**
 * One connection until it ends; the token of each frame is kept for the next one. Answers whether
 * it stood at all.
 */
function follow(
  connection: Connection,
  parameters: URLSearchParams,
  json: boolean,
): Promise<boolean> {
  const url = `${connection.url.replace(/^http/, 'ws')}/api/v1/tail?${parameters.toString()}`
  const socket = new WebSocket(url, { headers: { authorization: `Bearer ${connection.token}` } })
  let wasOpen = false
  return new Promise(resolve => {
    socket.on('open', () => (wasOpen = true))
    socket.on('message', data => {
      const frame = JSON.parse((data as Buffer).toString()) as TailFrame
      show(frame, json)
      if (frame.type !== 'error') parameters.set('after', frame.token)
    })
    socket.on('unexpected-response', (_, response) => {
      if (response.statusCode !== undefined && response.statusCode < 500) {
        fail(`the server refused the tail: ${response.statusCode} ${response.statusMessage ?? ''}`)
      }
      resolve(false)
    })
    socket.on('error', () => resolve(wasOpen))
    socket.on('close', () => resolve(wasOpen))
  })
}

function show(frame: TailFrame, json: boolean): void {
  switch (frame.type) {
    case 'rows':
      for (const row of frame.rows) print({ json }, row, formatRow(row))
      return
    case 'dropped':
      return note(
        `${frame.count} rows left out, this terminal was too slow (${frame.from} to ${frame.to})`,
      )
    case 'gap':
      return note(
        `the log no longer reaches back: search for rows ingested ${frame.from} to ${frame.to}`,
      )
    case 'degraded':
      for (const trouble of frame.troubles) note(`degraded: ${TROUBLE_TEXTS[trouble]}`)
      if (frame.troubles.length === 0) note('no longer degraded: all is well again')
      return
    case 'error':
      return fail(frame.detail)
    case 'hello':
    case 'idle':
      return
  }
}
