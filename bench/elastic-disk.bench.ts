/**
 * What a row costs on Elasticsearch's disk, field by field, as our template says and with less:
 * `ELASTICSEARCH_URL=… node bench/elastic-disk.bench.ts [--rows 41000]
 * [--data FILE.ndjson]`. Each form is an index of
 * its own, filled with the same bodies and merged to one segment; `_disk_usage` reads its fields.
 */
import { randomBytes } from 'node:crypto'
import { parseArgs } from 'node:util'
import { connectElastic, type ElasticServer } from '#actors/store/elasticsearch/client.ts'
import { FIELDS } from '#actors/store/elasticsearch/field-names.ts'
import { indexTemplate } from '#actors/store/elasticsearch/index-template.ts'
import { systemClock } from '#runtime/clock.ts'
import { BENCH_PROJECT, takeEntries } from './elastic.bench.ts'
import { openBareClient, prepareBodies } from './lab/bare-elastic.ts'
import { dataFile } from './lab/data.ts'

type Properties = Readonly<Record<string, Readonly<Record<string, unknown>>>>

const ID_IN_SOURCE = { type: 'keyword', doc_values: false, store: true }
const FOUND_BY_WORD = { type: 'text', norms: false, index_options: 'docs' }
const NOT_INDEXED = { type: 'keyword', index: false, doc_values: false, store: true }

/** What is another way than in our template; all with a synthetic source. */
const FORMS: Readonly<Record<string, Properties>> = {
  'as it is': {},
  'ids without columns': { [FIELDS.traceId]: ID_IN_SOURCE, [FIELDS.spanId]: ID_IN_SOURCE },
  'words without places: no phrases': { [FIELDS.message]: FOUND_BY_WORD },
  'messages not searchable': { [FIELDS.message]: NOT_INDEXED },
  'both kinds of ids not searchable': {
    [FIELDS.traceId]: NOT_INDEXED,
    [FIELDS.spanId]: NOT_INDEXED,
  },
  'neither messages nor ids searchable': {
    [FIELDS.message]: NOT_INDEXED,
    [FIELDS.traceId]: NOT_INDEXED,
    [FIELDS.spanId]: NOT_INDEXED,
  },
}
const FIELDS_TOLD = 12

interface Template {
  readonly settings: Readonly<Record<string, unknown>>
  readonly mappings: { readonly properties: Properties }
}

const { values } = parseArgs({
  options: { rows: { type: 'string', default: '41000' }, data: { type: 'string' } },
})
const address = process.env['ELASTICSEARCH_URL'] ?? ''
const server = await connectElastic({ url: address, clock: systemClock })
const wanted = Number(values.rows)
const entries = await takeEntries(values.data ?? dataFile(wanted), wanted)
const rows = entries.reduce((sum, { envelope }) => sum + envelope.recordCount, 0)
const prepared = prepareBodies(BENCH_PROJECT, entries)
console.log(`| ${rows} rows | B per row | fields |\n|---|---|---|`)
for (const [name, changes] of Object.entries(FORMS)) {
  const index = `disk-${randomBytes(6).toString('hex')}`
  await makeIndex(index, changes)
  const client = await openBareClient(server, address, index, prepared)
  await client.send(2)
  client.close()
  const { total, fields } = await usageOf(server, index)
  const told = fields.slice(0, FIELDS_TOLD).map(([field, bytes]) => `${field} ${perRow(bytes)}`)
  console.log(`| ${name} | ${perRow(total)} | ${told.join(', ')} |`)
  await server.request({ method: 'DELETE', path: `/${index}` })
}
await server.close()

/** A template of its own gives it the shape before the bare client makes it. */
async function makeIndex(index: string, changes: Properties): Promise<void> {
  const template = indexTemplate([index], { mode: 'logsdb', source: 'synthetic' })
  const { settings, mappings } = template['template'] as Template
  const properties = { ...mappings.properties, ...changes }
  const body = {
    index_patterns: [index],
    priority: 501,
    template: { settings, mappings: { ...mappings, properties } },
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
