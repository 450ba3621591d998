/**
 * Indices as versions before slots made them, which stay until their rows expire: sorted by time,
 * whole values with an index of their own.
 */
import { MESSAGE_ANALYZER } from '../analyzer.ts'
import type { ElasticServer } from '../client.ts'
import { FIELDS } from '../field-names.ts'
import type { IndexNames } from '../index-names.ts'
import { indexTemplate } from '../index-template.ts'
import type { Storage } from '../storage.ts'

/** Above the 500 of the template of today. */
const PRIORITY = 501

interface Template {
  readonly settings: {
    readonly analysis: { readonly analyzer: Readonly<Record<string, unknown>> }
  }
  readonly mappings: { readonly properties: Readonly<Record<string, unknown>> }
}

/** Whatever is made from now on is of the older version; answers what ends that. */
export async function makeOlderIndices(
  server: ElasticServer,
  { template: name, patterns }: IndexNames,
  storage: Storage,
): Promise<() => Promise<void>> {
  const path = `/_index_template/${name}-older`
  const { template, ...others } = indexTemplate(patterns, storage) as { template: Template }
  const { analysis } = template.settings
  const { [FIELDS.slot]: _, ...fields } = template.mappings.properties
  const id = { type: 'keyword', doc_values: storage.source === 'synthetic' }
  const properties = {
    ...fields,
    [FIELDS.receivedAt]: { type: 'date_nanos' },
    [FIELDS.entry]: { type: 'long' },
    [FIELDS.traceId]: id,
    [FIELDS.spanId]: id,
  }
  const body = {
    ...others,
    priority: PRIORITY,
    template: {
      settings: {
        ...template.settings,
        // Without the analyzers of today's fields.
        analysis: {
          ...analysis,
          analyzer: { [MESSAGE_ANALYZER]: analysis.analyzer[MESSAGE_ANALYZER] },
        },
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
