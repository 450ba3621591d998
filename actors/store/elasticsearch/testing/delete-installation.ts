/** Removes everything that an installation of this name made in Elasticsearch. */
import type { ElasticServer } from '../client.ts'
import { indexNames } from '../index-names.ts'

export async function deleteInstallation(server: ElasticServer, name: string): Promise<void> {
  const { patterns, state, template } = indexNames(name)
  const found = await server.json<Readonly<Record<string, unknown>>>({
    method: 'GET',
    path: `/${[...patterns, state].join(',')}/_settings/index.uuid`,
    // Closed ones, too.
    query: { ignore_unavailable: true, expand_wildcards: 'all' },
  })
  const paths = Object.keys(found).map(index => `/${index}`)
  for (const path of [...paths, `/_index_template/${template}`]) {
    await server.request({ method: 'DELETE', path, allowed: [404] })
  }
}
