/** `logboy account list|create|reset|administrator|disable|enable`: people, for administrators. */
import { Command } from 'commander'
import type { Account, AccountChange, AccountLink } from '#proto/people.ts'
import { type Connection, call } from './client.ts'
import { type ClientOptions, connectionOf, withClientOptions } from './options.ts'
import { fail, plain, print, table } from './terminal.ts'

interface CreateOptions extends ClientOptions {
  readonly name?: string
  readonly administrator?: boolean
}

interface AdministratorOptions extends ClientOptions {
  readonly revoke?: boolean
}

const PATH = '/api/v1/accounts'

export function accountCommand(): Command {
  const account = new Command('account').description('people who may sign in')
  const sub = (name: string, description: string) =>
    withClientOptions(account.command(name).description(description))
  const ofPerson = (name: string, description: string) =>
    sub(name, description).argument('<email>', 'of the account, or its id')
  sub('list', 'list accounts').action(list)
  sub('create', 'create an account; prints a link that sets its password')
    .argument('<email>', 'with which the person signs in')
    .option('--name <name>', 'of the person (else the address)')
    .option('--administrator', 'may do everything')
    .action(create)
  ofPerson('reset', 'print a link that sets a new password, once, within an hour').action(reset)
  ofPerson('administrator', 'let somebody do everything')
    .option('--revoke', 'no longer')
    .action((email: string, options: AdministratorOptions) =>
      change(email, { administrator: options.revoke !== true }, options),
    )
  ofPerson('disable', 'sign somebody out everywhere, and let them in no more').action(
    (email: string, options: ClientOptions) => change(email, { disabled: true }, options),
  )
  ofPerson('enable', 'let somebody in again').action((email: string, options: ClientOptions) =>
    change(email, { disabled: false }, options),
  )
  return account
}

async function list(options: ClientOptions): Promise<void> {
  const accounts = await accountsOf(connectionOf(options))
  print({ json: options.json === true }, accounts, accountTable(accounts))
}

async function create(email: string, options: CreateOptions): Promise<void> {
  const { name = email, administrator = false } = options
  const body = { email, name, administrator }
  const made = await call<AccountLink>(connectionOf(options), 'POST', PATH, body)
  print({ json: options.json === true }, made, made.url)
}

async function reset(email: string, options: ClientOptions): Promise<void> {
  const connection = connectionOf(options)
  const { id } = await find(connection, email)
  const made = await call<AccountLink>(connection, 'POST', `${PATH}/${id}/reset`, {})
  print({ json: options.json === true }, made, made.url)
}

async function change(email: string, body: AccountChange, options: ClientOptions): Promise<void> {
  const connection = connectionOf(options)
  const { id } = await find(connection, email)
  const changed = await call<Account>(connection, 'PATCH', `${PATH}/${id}`, body)
  print({ json: options.json === true }, changed, accountTable([changed]))
}

async function find(connection: Connection, emailOrId: string): Promise<Account> {
  const sought = emailOrId.toLowerCase()
  const accounts = await accountsOf(connection)
  const found = accounts.find(({ id, email }) => id === sought || email === sought)
  return found ?? fail(`there is no account ${emailOrId}`)
}

async function accountsOf(connection: Connection): Promise<readonly Account[]> {
  return (await call<{ accounts: Account[] }>(connection, 'GET', PATH)).accounts
}

function accountTable(accounts: readonly Account[]): string {
  const rows = accounts.map(account => [
    account.id,
    account.email,
    plain(account.name),
    account.disabled_at !== null ? 'disabled' : account.administrator ? 'administrator' : '',
    account.last_sign_in_at?.slice(0, 16) ?? 'never',
  ])
  return table(['ID', 'EMAIL', 'NAME', '', 'LAST SIGN-IN'], rows)
}
