/**
 * What a row costs on Elasticsearch's disk, field by field, as our template says and with less:
 * `ELASTICSEARCH_URL=… node bench/elastic-disk.bench.ts [--rows 41000] [--data FILE.ndjson]
 * [--only WORDS]`. Each form is an index of its own, filled with the same bodies and merged to one
 * segment; `_disk_usage` reads its fields.
 */
import { randomBytes } from 'node:crypto'
import { parseArgs } from 'node:util'
import { connectElastic, type ElasticServer } from '#actors/store/elasticsearch/client.ts'
import { attributeField, FIELDS } from '#actors/store/elasticsearch/field-names.ts'
import { indexTemplate } from '#actors/store/elasticsearch/index-template.ts'
import type { Storage } from '#actors/store/elasticsearch/storage.ts'
import { systemClock } from '#runtime/clock.ts'
import { BENCH_PROJECT, takeEntries } from './elastic.bench.ts'
import { openBareClient, type PreparedBodies, prepareBodies } from './lab/bare-elastic.ts'
import { dataFile } from './lab/data.ts'

type Fields = Readonly<Record<string, unknown>>

/** What is another way than in our template. */
interface Form {
  readonly source?: Storage['source']
  readonly settings?: Fields
  readonly fields?: Fields
  /** How attributes with texts are found. */
  readonly texts?: Fields
}

const INDEXED = { type: 'keyword' }
const COLUMN_ALONE = { type: 'keyword', index: false }
const FORMS: Readonly<Record<string, Form>> = {
  'as it is': {},
  'stored source': { source: 'stored' },
  'sorted by time alone': {
    settings: { 'index.sort.field': [FIELDS.time], 'index.sort.order': ['desc'] },
  },
  'ids in columns of keywords': {
    fields: { [FIELDS.traceId]: COLUMN_ALONE, [FIELDS.spanId]: COLUMN_ALONE },
  },
  'ids and texts of attributes with whole indexes': {
    fields: { [FIELDS.traceId]: INDEXED, [FIELDS.spanId]: INDEXED },
    texts: INDEXED,
  },
  'words without places: no phrases': {
    fields: { [FIELDS.message]: { type: 'text', norms: false, index_options: 'docs' } },
  },
  'messages not searchable': { fields: { [FIELDS.message]: { type: 'text', index: false } } },
}
const FIELDS_TOLD = 12

interface Template {
  readonly settings: Readonly<Record<string, unknown>>
  readonly mappings: { readonly properties: Fields; readonly runtime: Fields }
}

const { values } = parseArgs({
  options: {
    rows: { type: 'string', default: '41000' },
    data: { type: 'string' },
    only: { type: 'string', default: '' },
  },
})
const address = process.env['ELASTICSEARCH_URL'] ?? ''
const server = await connectElastic({ url: address, clock: systemClock })
const wanted = Number(values.rows)
const entries = await takeEntries(values.data ?? dataFile(wanted), wanted)
const rows = entries.reduce((sum, { envelope }) => sum + envelope.recordCount, 0)
const prepared = prepareBodies(BENCH_PROJECT, entries)
console.log(`| ${rows} rows | B per row | fields |\n|---|---|---|`)
for (const [name, form] of Object.entries(FORMS)) {
  if (!name.includes(values.only)) continue
  const index = `disk-${randomBytes(6).toString('hex')}`
  await makeTemplate(index, form)
  const types = form.texts === undefined ? prepared.types : withoutTexts(prepared.types)
  const client = await openBareClient(server, address, index, types)
  await client.send(prepared.bodies, 2)
  client.close()
  const { total, fields } = await usageOf(server, index)
  const told = fields.slice(0, FIELDS_TOLD).map(([field, bytes]) => `${field} ${perRow(bytes)}`)
  console.log(`| ${name} | ${perRow(total)} | ${told.join(', ')} |`)
  await server.request({ method: 'DELETE', path: `/${index}` })
}
await server.close()

/** The template has those of texts already. */
function withoutTexts(types: PreparedBodies['types']): PreparedBodies['types'] {
  return Object.fromEntries(Object.entries(types).filter(([, type]) => type !== 'keyword'))
}

/** The index gets its shape from it before the bare client makes it. */
async function makeTemplate(index: string, form: Form): Promise<void> {
  const { source = 'synthetic', fields = {}, texts } = form
  const { template } = indexTemplate([index], { mode: 'logsdb', source }) as {
    readonly template: Template
  }
  const { properties, runtime, ...mappings } = template.mappings
  const attributes = Object.entries(prepared.types).flatMap(([key, type]) =>
    type === 'keyword' && texts !== undefined ? [[attributeField(key), texts] as const] : [],
  )
  const body = {
    index_patterns: [index],
    priority: 501,
    template: {
      settings: { ...template.settings, ...form.settings },
      mappings: {
        ...mappings,
        // Without the ids that are read from the source: these forms have others.
        ...(fields[FIELDS.traceId] === undefined ? { runtime } : {}),
        properties: { ...properties, ...fields, ...Object.fromEntries(attributes) },
      },
    },
  }
  await server.request({ method: 'PUT', path: `/_index_template/${index}`, body })
}

interface DiskUsage {
  readonly store_size_in_bytes: number
  readonly fields: Readonly<Record<string, { readonly total_in_bytes: number }>>
}

async function usageOf(
  elastic: ElasticServer,
  index: string,
): Promise<{ readonly total: number; readonly fields: readonly (readonly [string, number])[] }> {
  await elastic.request({
    method: 'POST',
    path: `/${index}/_forcemerge`,
    query: { max_num_segments: 1, flush: true },
    timeoutMs: 600_000,
  })
  const answer = await elastic.json<Readonly<Record<string, DiskUsage>>>({
    method: 'POST',
    path: `/${index}/_disk_usage`,
    query: { run_expensive_tasks: true, flush: true },
  })
  await elastic.request({ method: 'DELETE', path: `/_index_template/${index}` })
  const usage = answer[index]
  if (usage === undefined) throw new Error(`Elasticsearch tells nothing of ${index}`)
  const fields = Object.entries(usage.fields).map(
    ([name, { total_in_bytes: bytes }]) => [name, bytes] as const,
  )
  return {
    total: fields.reduce((sum, [, bytes]) => sum + bytes, 0),
    fields: fields.toSorted((a, b) => b[1] - a[1]),
  }
}

function perRow(bytes: number): string {
  return (bytes / rows).toFixed(1)
}
