/** `logboy sign-in`: prints a link that signs a browser in, once. */
import { Command } from 'commander'
import { call } from './client.ts'
import { type ClientOptions, connectionOf, withClientOptions } from './options.ts'
import { print } from './terminal.ts'

export function signInCommand(): Command {
  return withClientOptions(
    new Command('sign-in').description('print a link that signs a browser in, once'),
  ).action(async (options: ClientOptions) => {
    const connection = connectionOf(options)
    const ticket = await call<{ url: string }>(connection, 'POST', '/api/v1/sessions/tickets')
    print({ json: options.json === true }, ticket, ticket.url)
  })
}
