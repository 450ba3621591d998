/** Options that every command talking to a server shares. */
import type { Command } from 'commander'
import { loadConfig } from '#actors/config.ts'
import { type Connection, connect } from './client.ts'

export interface ClientOptions {
  readonly url?: string
  readonly token?: string
  readonly data?: string
  readonly json?: boolean
}

export function withClientOptions(command: Command): Command {
  return command
    .option('--url <url>', 'server to talk to (LOGBOY_URL)')
    .option('--token <token>', 'token to sign in with (LOGBOY_TOKEN)')
    .option('--data <folder>', "the local server's data folder (LOGBOY_DATA)")
    .option('--json', 'print JSON')
}

export function connectionOf(options: ClientOptions): Connection {
  return connect({
    url: options.url,
    token: options.token,
    dataFolder: dataFolderOf(options),
  })
}

export function dataFolderOf(options: { readonly data?: string }): string {
  return loadConfig({ flags: { data: options.data } }).dataFolder
}
