/** The queries of the bench over Elasticsearch, through the same server and the same interface. */
import { connectElastic, type ElasticServer } from '#actors/store/elasticsearch/client.ts'
import { deleteInstallation } from '#actors/store/elasticsearch/testing/delete-installation.ts'
import { systemClock } from '#runtime/clock.ts'
import { sealedBatches } from './data.ts'
import type { ProjectKeys } from './entry.ts'
import { percentile } from './percentile.ts'
import { allFound } from './pipeline.ts'
import { allQueries, sampleTrace } from './queries.ts'
import { LabServer } from './server.ts'
import { StreamClient } from './stream-client.ts'
import type { Result } from './table.ts'

const BATCH_ROWS = 4_096
const WINDOW = 16
const SEARCH = '/api/v1/logs/search'
const WARM_UP_RUNS = 2
const RUNS = 5
/** None may take longer. */
const FLOOR_MS = 1_000

export async function elasticQueries(address: string, data: string): Promise<Result[]> {
  const installation = `benchq${Date.now().toString(36)}`
  const server = elasticServer(address, installation)
  const elastic = await connectElastic({ url: address, clock: systemClock })
  try {
    await server.start()
    const keys = await server.createProject('bench')
    await load(server, keys, data)
    return await measureOnElastic(server, keys, { elastic, installation })
  } finally {
    await server.stop()
    server.remove()
    await deleteInstallation(elastic, installation)
    await elastic.close()
  }
}

/** A server whose rows lie in Elasticsearch, and everything else in its folder. */
export function elasticServer(
  address: string,
  installation: string,
  dataFolder?: string,
): LabServer {
  const others = { KAFKA_BROKERS: '', DATABASE_URL: '', REDIS_URL: '' }
  return new LabServer({
    ...(dataFolder === undefined ? {} : { dataFolder }),
    env: { ...others, ELASTICSEARCH_URL: address, LOGBOY_INSTALLATION: installation },
  })
}

/** Through the SDK's door, until a search finds all. */
export async function load(server: LabServer, keys: ProjectKeys, data: string): Promise<number> {
  const client = new StreamClient({ url: server.grpcUrl, key: keys.ingest, window: WINDOW })
  await client.open()
  let sent = 0
  for await (const batch of sealedBatches(data, BATCH_ROWS)) {
    await client.send(batch)
    sent += batch.rows
  }
  await client.drain()
  client.close()
  await allFound(server, keys.read, sent)
  return sent
}

/**
 * Medians, warm as the table of reference/peers.md is; and with Elasticsearch's cache of whole
 * answers emptied before each run, as nobody has asked it yet.
 */
export async function measureOnElastic(
  server: LabServer,
  keys: ProjectKeys,
  { elastic, installation }: { readonly elastic: ElasticServer; readonly installation: string },
): Promise<Result[]> {
  const forget = { method: 'POST', path: `/logs-${installation}.*/_cache/clear` } as const
  const emptied = async (): Promise<void> =>
    void (await elastic.request({ ...forget, query: { request: true } }))
  const { total } = await server.call('POST', SEARCH, { limit: 0, include: ['total'] }, keys.read)
  const results: Result[] = []
  for (const { name, path, body } of allQueries(await sampleTrace(server, keys.read))) {
    const ask = (): Promise<unknown> => server.call('POST', path, body, keys.read)
    const first = await medianMs(ask, emptied)
    results.push({
      what: `Elasticsearch, query: ${name}`,
      value: await medianMs(ask),
      unit: 'ms',
      better: 'less',
      goal: null,
      floor: FLOOR_MS,
      note: `${total} rows; asked for the first time ${first.toFixed(0)} ms`,
    })
  }
  return results
}

async function medianMs(
  ask: () => Promise<unknown>,
  before: () => Promise<void> = async () => {},
): Promise<number> {
  const times: number[] = []
  for (let run = -WARM_UP_RUNS; run < RUNS; run++) {
    await before()
    const begun = performance.now()
    await ask()
    if (run >= 0) times.push(performance.now() - begun)
  }
  return percentile(times, 0.5)
}
