/** `logboy key create|list|revoke`. */
import { Command } from 'commander'
import type { KeyScope, ProjectKey } from '#proto/api.ts'
import { call, findProject } from './client.ts'
import { type ClientOptions, connectionOf, withClientOptions } from './options.ts'
import { fail, print, table } from './terminal.ts'

interface KeyOptions extends ClientOptions {
  readonly project: string
  readonly name: string
  readonly scope: string
}

export function keyCommand(): Command {
  const key = new Command('key').description('create, list and revoke keys of a project')
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
    .action(create)
  sub('list', 'list keys').action(list)
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
  const created = await call<{ key: string; id: string }>(
    connection,
    'POST',
    `/api/v1/projects/${id}/keys`,
    { name, scopes },
  )
  print({ json: options.json === true }, created, created.key)
}

async function list(options: KeyOptions): Promise<void> {
  const connection = connectionOf(options)
  const { id } = await findProject(connection, options.project)
  const path = `/api/v1/projects/${id}/keys`
  const { keys } = await call<{ keys: ProjectKey[] }>(connection, 'GET', path)
  const rows = keys.map(key => [
    key.id,
    key.name,
    key.scopes.join(','),
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
