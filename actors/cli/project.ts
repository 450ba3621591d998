/** `logboy project create|set|list`. */
import { Command } from 'commander'
import type { Project, ProjectSettings } from '#proto/api.ts'
import { call, createProject, findProject } from './client.ts'
import { type ClientOptions, connectionOf, withClientOptions } from './options.ts'
import { fail, print, table } from './terminal.ts'
import { wholeNumber } from './whole-number.ts'

interface SettingOptions extends ClientOptions {
  readonly name?: string
  readonly retentionDays?: number
  readonly recordsPerSecond?: number
  readonly bytesPerSecond?: number
  readonly timeZone?: string
}

export function projectCommand(): Command {
  const project = new Command('project').description('create, change and list projects')
  const sub = (name: string, description: string) =>
    withClientOptions(project.command(name).description(description))
  withSettings(sub('create', 'create a project').argument('<name>', 'name of the project')).action(
    create,
  )
  withSettings(sub('set', 'change a project').argument('<name>', 'project, by name or id'))
    .option('--name <name>', 'another name')
    .option('--records-per-second <n>', 'quota; 0 = none', wholeNumber)
    .option('--bytes-per-second <n>', 'quota; 0 = none', wholeNumber)
    .action(set)
  sub('list', 'list projects').action(list)
  return project
}

function withSettings(command: Command): Command {
  return command
    .option('--retention-days <n>', 'how long logs are kept', wholeNumber)
    .option('--time-zone <zone>', 'of times that name none: Europe/Berlin, +05:30 (else UTC)')
}

async function create(name: string, options: SettingOptions): Promise<void> {
  const settings = { ...settingsOf(options), name }
  const created = await createProject(connectionOf(options), settings)
  const lines = [
    `project    ${created.name} (${created.id})`,
    `ingest key ${created.ingest_key}`,
    `read key   ${created.read_key}`,
    'Both keys are shown only now.',
  ]
  const { id, ingest_key, read_key } = created
  const told = { id, name: created.name, ingest_key, read_key }
  print({ json: options.json === true }, told, lines.join('\n'))
}

async function set(nameOrId: string, options: SettingOptions): Promise<void> {
  const change = settingsOf(options)
  if (Object.keys(change).length === 0) fail('name a setting to change, see --help')
  const connection = connectionOf(options)
  const { id } = await findProject(connection, nameOrId)
  const changed = await call<Project>(connection, 'PATCH', `/api/v1/projects/${id}`, change)
  print({ json: options.json === true }, changed, projectTable([changed]))
}

async function list(options: ClientOptions): Promise<void> {
  const path = '/api/v1/projects'
  const { projects } = await call<{ projects: Project[] }>(connectionOf(options), 'GET', path)
  print({ json: options.json === true }, projects, projectTable(projects))
}

function projectTable(projects: readonly Project[]): string {
  const rows = projects.map(project => [
    project.id,
    project.name,
    `${project.retention_days} days`,
    quotaText(project),
    project.time_zone,
    project.created_at.slice(0, 10),
  ])
  return table(['ID', 'NAME', 'RETENTION', 'QUOTA', 'TIME ZONE', 'CREATED'], rows)
}

function quotaText({ records_per_second: records, bytes_per_second: bytes }: Project): string {
  const parts = [records > 0 ? `${records} logs/s` : '', bytes > 0 ? `${bytes} B/s` : '']
  return parts.filter(part => part !== '').join(', ') || 'none'
}

function settingsOf(options: SettingOptions): Partial<ProjectSettings> {
  const { name, retentionDays, recordsPerSecond, bytesPerSecond, timeZone } = options
  return {
    ...(name === undefined ? {} : { name }),
    ...(retentionDays === undefined ? {} : { retention_days: retentionDays }),
    ...(recordsPerSecond === undefined ? {} : { records_per_second: recordsPerSecond }),
    ...(bytesPerSecond === undefined ? {} : { bytes_per_second: bytesPerSecond }),
    ...(timeZone === undefined ? {} : { time_zone: timeZone }),
  }
}
