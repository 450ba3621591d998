/** `logboy key create|list|set|rotate|revoke`. */
import { Command } from 'commander'
import type { KeyScope, ProjectKey, ProjectKeyCreated } from '#proto/api.ts'
import { parseDuration } from '#proto/time.ts'
import { call, findProject } from './client.ts'
import { type ClientOptions, connectionOf, withClientOptions } from './options.ts'
import { fail, print, table } from './terminal.ts'
import { wholeNumber } from './whole-number.ts'

interface KeyOptions extends ClientOptions {
  readonly project: string
  readonly name: string
  readonly scope: string
  readonly signing?: boolean
}

interface ChangeOptions extends KeyOptions {
  readonly recordsPerSecond?: number
  readonly bytesPerSecond?: number
}

interface RotateOptions extends KeyOptions {
  readonly overlap: string
}

export function keyCommand(): Command {
  const key = new Command('key').description('make, limit, replace and revoke keys of a project')
  const sub = (name: string, description: string) =>
    withClientOptions(
      key
        .command(name)
        .description(description)
        .requiredOption('--project <name>', 'project, by name or id'),
    )
  sub('create', 'create a key; it is shown once')
    .option('--name <name>', 'what the key is for', 'cli')
    .option('--scope <scope>', 'ingest or read', 'ingest')
    .option('--signing', 'a key to sign requests with, which is never sent')
    .action(create)
  sub('list', 'list keys').action(list)
  sub('set', 'change the limits of a key')
    .argument('<id>', 'id of the key')
    .option('--name <name>', 'another name')
    .option('--records-per-second <n>', 'limit of this key alone; 0 = none', wholeNumber)
    .option('--bytes-per-second <n>', 'limit of this key alone; 0 = none', wholeNumber)
    .action(set)
  sub('rotate', 'make a key in place of another, which goes on for a while')
    .argument('<id>', 'id of the old key')
    .option('--overlap <time>', 'how long the old key is good: 10m, 24h, 7d', '24h')
    .action(rotate)
  sub('revoke', 'revoke a key, at once').argument('<id>', 'id of the key').action(revoke)
  return key
}

async function create(options: KeyOptions): Promise<void> {
  const { scope, name } = options
  if (scope !== 'ingest' && scope !== 'read')
    fail(`unknown scope ${scope}, expected ingest or read`)
  const connection = connectionOf(options)
  const { id } = await findProject(connection, options.project)
  const scopes: KeyScope[] = [scope]
  const kind = options.signing === true ? 'signing' : 'bearer'
  const path = `/api/v1/projects/${id}/keys`
  tell(await call<ProjectKeyCreated>(connection, 'POST', path, { name, scopes, kind }), options)
}

/** The id of a signing key goes with every request. */
function tell(created: ProjectKeyCreated, options: KeyOptions): void {
  const { id, key, kind } = created
  const text = kind === 'signing' ? `id     ${id}\nsecret ${key}` : key
  print({ json: options.json === true }, created, text)
}

async function set(keyId: string, options: ChangeOptions): Promise<void> {
  const connection = connectionOf(options)
  const { id } = await findProject(connection, options.project)
  const { name, recordsPerSecond, bytesPerSecond } = options
  const limits = { records_per_second: recordsPerSecond, bytes_per_second: bytesPerSecond }
  const change = JSON.parse(JSON.stringify({ name, ...limits })) as object
  if (Object.keys(change).length === 0) fail('name what to change')
  const path = `/api/v1/projects/${id}/keys/${keyId}`
  const changed = await call<ProjectKey>(connection, 'PATCH', path, change)
  print({ json: options.json === true }, changed, `changed ${keyId}`)
}

async function rotate(keyId: string, options: RotateOptions): Promise<void> {
  const seconds = parseDuration(options.overlap)
  if (seconds === null) fail(`cannot read ${options.overlap}, expected a time such as 24h`)
  const connection = connectionOf(options)
  const { id } = await findProject(connection, options.project)
  const path = `/api/v1/projects/${id}/keys/${keyId}/rotate`
  const body = { overlap_seconds: seconds }
  tell(await call<ProjectKeyCreated>(connection, 'POST', path, body), options)
}

async function list(options: KeyOptions): Promise<void> {
  const connection = connectionOf(options)
  const { id } = await findProject(connection, options.project)
  const path = `/api/v1/projects/${id}/keys`
  const { keys } = await call<{ keys: ProjectKey[] }>(connection, 'GET', path)
  const rows = keys.map(key => [
    key.id,
    key.name,
    key.kind === 'signing' ? 'signing' : key.scopes.join(','),
    key.revoked_at === null ? 'active' : `revoked ${key.revoked_at.slice(0, 16)}`,
    key.last_used_at?.slice(0, 16) ?? 'never',
  ])
  print(
    { json: options.json === true },
    keys,
    table(['ID', 'NAME', 'SCOPES', 'STATE', 'LAST USED'], rows),
  )
}

async function revoke(keyId: string, options: KeyOptions): Promise<void> {
  const connection = connectionOf(options)
  const { id } = await findProject(connection, options.project)
  await call(connection, 'DELETE', `/api/v1/projects/${id}/keys/${keyId}`)
  print({ json: options.json === true }, { id: keyId, revoked: true }, `revoked ${keyId}`)
}
