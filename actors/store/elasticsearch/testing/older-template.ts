/**
 * Indices as versions before slots made them, which stay until their rows expire: sorted by time,
 * whole values with an index of their own.
 */
import type { ElasticServer } from '../client.ts'
import { attributeField, FIELDS } from '../field-names.ts'
import type { IndexNames } from '../index-names.ts'
import { indexTemplate } from '../index-template.ts'
import type { Storage } from '../storage.ts'

/** Above the 500 of the template of today. */
const PRIORITY = 501
const WHOLE = { type: 'keyword', ignore_above: 8_191 }

interface Template {
  readonly settings: Readonly<Record<string, unknown>>
  readonly mappings: { readonly properties: Readonly<Record<string, unknown>> }
}

/** Whatever is made from now on is of the older version; answers what ends that. */
export async function makeOlderIndices(
  server: ElasticServer,
  { template: name, patterns }: IndexNames,
  storage: Storage,
  texts: readonly string[],
): Promise<() => Promise<void>> {
  const path = `/_index_template/${name}-older`
  const { template, ...others } = indexTemplate(patterns, storage) as { template: Template }
  const { [FIELDS.slot]: _, ...fields } = template.mappings.properties
  const id = { type: 'keyword', doc_values: storage.source === 'synthetic' }
  const properties = {
    ...fields,
    [FIELDS.receivedAt]: { type: 'date_nanos' },
    [FIELDS.entry]: { type: 'long' },
    [FIELDS.traceId]: id,
    [FIELDS.spanId]: id,
    ...Object.fromEntries(texts.map(key => [attributeField(key), WHOLE])),
  }
  const body = {
    ...others,
    priority: PRIORITY,
    template: {
      settings: {
        ...template.settings,
        'index.sort.field': [FIELDS.time],
        'index.sort.order': ['desc'],
      },
      mappings: { subobjects: false, dynamic: false, properties },
    },
  }
  await server.request({ method: 'PUT', path, body })
  return async () => {
    await server.request({ method: 'DELETE', path, allowed: [404] })
  }
}
