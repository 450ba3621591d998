/** Makes the index template, after finding out how this server stores rows best. */
import type { ElasticServer } from './client.ts'
import { ElasticError } from './elastic-error.ts'
import type { IndexNames } from './index-names.ts'
import { indexTemplate, LATER_FIELDS, LATER_SETTINGS } from './index-template.ts'
import { STORAGES_TRIED, type Storage, storageOf } from './storage.ts'

/** Answers what the indices will be like. `wanted` is tried alone. */
export async function prepareTemplate(
  server: ElasticServer,
  names: IndexNames,
  unique: string,
  wanted: Storage | null,
): Promise<Storage> {
  const storages = wanted === null ? STORAGES_TRIED : [wanted]
  for (const storage of storages) {
    try {
      await putTemplate(server, names, storage)
      const got = await probe(server, names, unique)
      // Without a licence for it the source is stored: other fields need columns then.
      if (got.source !== storage.source) await putTemplate(server, names, got)
      await bringUpToDate(server, names)
      return got
    } catch (error) {
      const isUnknown = error instanceof ElasticError && error.status === 400
      if (!isUnknown || storage === storages.at(-1)) throw error
    }
  }
  throw new Error('there is always a last storage')
}

async function putTemplate(
  server: ElasticServer,
  { template, patterns }: IndexNames,
  storage: Storage,
): Promise<void> {
  await server.request({
    method: 'PUT',
    path: `/_index_template/${template}`,
    body: indexTemplate(patterns, storage),
  })
}

/** This version needs them of indices, too, that an older one made. */
async function bringUpToDate(server: ElasticServer, { patterns }: IndexNames): Promise<void> {
  await server.request({
    method: 'PUT',
    path: `/${patterns.join(',')}/_settings`,
    query: { ignore_unavailable: true, allow_no_indices: true },
    body: LATER_SETTINGS,
    allowed: [404],
  })
  await server.request({
    method: 'PUT',
    path: `/${patterns.join(',')}/_mapping`,
    query: { ignore_unavailable: true, allow_no_indices: true },
    body: { properties: LATER_FIELDS },
    allowed: [404],
  })
}

/** What an index of the template really becomes. */
async function probe(server: ElasticServer, names: IndexNames, unique: string): Promise<Storage> {
  const index = names.index('logs', `probe-${unique}`, '1970-01-01')
  await server.request({ method: 'PUT', path: `/${index}` })
  try {
    const answer = await server.json<
      Readonly<Record<string, { readonly settings: Readonly<Record<string, unknown>> }>>
    >({ method: 'GET', path: `/${index}/_settings`, query: { flat_settings: true } })
    return storageOf(answer[index]?.settings ?? {})
  } finally {
    await server.request({ method: 'DELETE', path: `/${index}`, allowed: [404] })
  }
}
