/** `logboy health`: exits with 0 if the server answers; for containers, which have no curl. */
import { Command } from 'commander'
import { reach, serverUrl } from './client.ts'
import { type ClientOptions, dataFolderOf, withClientOptions } from './options.ts'
import { fail, print } from './terminal.ts'

const ANSWER_MS_MAX = 4_000

export function healthCommand(): Command {
  return withClientOptions(
    new Command('health')
      .description('exit with 0 if the server answers')
      .option('--ready', 'and takes data'),
  ).action(async (options: ClientOptions & { ready?: boolean }) => {
    const url = serverUrl({ url: options.url, dataFolder: dataFolderOf(options) })
    const path = options.ready === true ? '/ready' : '/health'
    const answer = await reach({ url }, path, { signal: AbortSignal.timeout(ANSWER_MS_MAX) })
    const body = (await answer.json()) as { detail?: string }
    if (!answer.ok) fail(body.detail ?? `${path} answered ${answer.status}`)
    print({ json: options.json === true }, body, 'ok')
  })
}
