/** `logboy status`: is it well, and what does every actor do. */
import { Command } from 'commander'
import type { ActorState } from '#runtime/index.ts'
import { call } from './client.ts'
import { type ClientOptions, connectionOf, withClientOptions } from './options.ts'
import { print, table } from './terminal.ts'

interface SystemStatus {
  readonly actors: readonly ActorState[]
  readonly degraded: readonly string[]
  readonly [part: string]: unknown
}

export function statusCommand(): Command {
  return withClientOptions(
    new Command('status').description('health of the server and the state of every actor'),
  ).action(async (options: ClientOptions) => {
    const connection = connectionOf(options)
    const status = await call<SystemStatus>(connection, 'GET', '/api/v1/system/actors')
    const rows = status.actors.map(actor => [
      actor.address,
      `${actor.mailbox.depth}/${actor.mailbox.capacity}`,
      `${Math.round(actor.mailbox.backPressureMs)} ms`,
      String(actor.restarts),
      actor.lastFault ?? '-',
    ])
    const { actors: _, degraded, ...parts } = status
    const text = [
      `server ${connection.url}`,
      ...degraded.map(trouble => `degraded: ${trouble}`),
      table(['ACTOR', 'MAILBOX', 'WAITED', 'RESTARTS', 'LAST FAULT'], rows),
      ...Object.entries(parts).map(([name, part]) => `${name.padEnd(12)} ${factsOf(part) || '-'}`),
    ]
    print({ json: options.json === true }, { url: connection.url, ...status }, text.join('\n'))
  })
}

/** The numbers and words of a part that are not nothing; --json has all of it. */
function factsOf(part: unknown): string {
  if (typeof part !== 'object' || part === null) return String(part)
  return Object.entries(part)
    .filter(([, value]) => ['number', 'string', 'boolean'].includes(typeof value))
    .filter(([, value]) => value !== 0 && value !== '' && value !== false)
    .map(([name, value]) => `${name} ${String(value)}`)
    .join(', ')
}
