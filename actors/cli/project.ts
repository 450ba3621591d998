/** `logboy project create|list`. */
import { Command } from 'commander'
import type { Project } from '#proto/api.ts'
import { call, createProject } from './client.ts'
import { type ClientOptions, connectionOf, withClientOptions } from './options.ts'
import { print, table } from './terminal.ts'

export function projectCommand(): Command {
  const project = new Command('project').description('create and list projects')
  withClientOptions(
    project
      .command('create')
      .argument('<name>', 'name of the project')
      .description('create a project'),
  ).action(async (name: string, options: ClientOptions) => {
    const created = await createProject(connectionOf(options), name)
    const lines = [
      `project    ${created.name} (${created.id})`,
      `ingest key ${created.ingest_key}`,
      `read key   ${created.read_key}`,
      'Both keys are shown only now.',
    ]
    const { id, ingest_key, read_key } = created
    print(
      { json: options.json === true },
      { id, name: created.name, ingest_key, read_key },
      lines.join('\n'),
    )
  })
  withClientOptions(project.command('list').description('list projects')).action(
    async (options: ClientOptions) => {
      const connection = connectionOf(options)
      const { projects } = await call<{ projects: Project[] }>(
        connection,
        'GET',
        '/api/v1/projects',
      )
      const rows = projects.map(({ id, name, retention_days: days, created_at: created }) => [
        id,
        name,
        `${days} days`,
        created.slice(0, 10),
      ])
      print(
        { json: options.json === true },
        projects,
        table(['ID', 'NAME', 'RETENTION', 'CREATED'], rows),
      )
    },
  )
  return project
}
