/** Makes the index template, after finding out how this server stores rows best. */
import { isDeepStrictEqual } from 'node:util'
import type { ElasticServer } from './client.ts'
import { ElasticError } from './elastic-error.ts'
import { ATTRIBUTES_TEXT, FIELDS, twinName } from './field-names.ts'
import type { IndexNames } from './index-names.ts'
import { indexTemplate, LATER_FIELDS, LATER_SETTINGS } from './index-template.ts'
import { documentJson, type Hit } from './row-document.ts'
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
      // Without a licence for it the source is stored: the template says what is.
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

/** What an index of the template becomes. Rejects if rows do not come out as they went in. */
async function probe(server: ElasticServer, names: IndexNames, unique: string): Promise<Storage> {
  const index = names.index('logs', `probe-${unique}`, '1970-01-01')
  await server.request({ method: 'PUT', path: `/${index}` })
  try {
    const answer = await server.json<
      Readonly<Record<string, { readonly settings: Readonly<Record<string, unknown>> }>>
    >({ method: 'GET', path: `/${index}/_settings`, query: { flat_settings: true } })
    const storage = storageOf(answer[index]?.settings ?? {})
    if (storage.source === 'synthetic' && !(await keepsRows(server, index))) {
      throw new ElasticError(
        400,
        '',
        'the server puts sources together with values under other names',
      )
    }
    return storage
  } finally {
    await server.request({ method: 'DELETE', path: `/${index}`, allowed: [404] })
  }
}

const PROBE_AT = '2026-11-30T00:00:00.000Z'

/** Server 8.16 puts values of the text twin under wrong names when it makes a source of columns. */
async function keepsRows(server: ElasticServer, index: string): Promise<boolean> {
  const path = `/${index}/_doc/probe`
  const twins = { [twinName('s', 'list')]: 'a', [twinName('j', 'list')]: '["a"]' }
  const body = {
    [FIELDS.time]: PROBE_AT,
    [FIELDS.receivedAt]: PROBE_AT,
    [ATTRIBUTES_TEXT]: twins,
  }
  await server.request({ method: 'PUT', path, query: { refresh: true }, body })
  const hit = await server.json<Hit>({ method: 'GET', path, query: { realtime: false } })
  const { attributes } = JSON.parse(documentJson(hit)) as { readonly attributes: unknown }
  return isDeepStrictEqual(attributes, { list: ['a'] })
}
