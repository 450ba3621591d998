/** The queries of the bench over Elasticsearch, through the same server and the same interface. */
import { connectElastic } from '#actors/store/elasticsearch/client.ts'
import { deleteInstallation } from '#actors/store/elasticsearch/testing/delete-installation.ts'
import { systemClock } from '#runtime/clock.ts'
import { sealedBatches } from './data.ts'
import type { ProjectKeys } from './entry.ts'
import { allFound } from './pipeline.ts'
import { allQueries, sampleTrace } from './queries.ts'
import { measureAsks } from './query-load.ts'
import { LabServer } from './server.ts'
import { StreamClient } from './stream-client.ts'
import type { Result } from './table.ts'

const BATCH_ROWS = 4_096
const WINDOW = 16
/** None may take longer. */
const FLOOR_MS = 1_000

export async function elasticQueries(address: string, data: string): Promise<Result[]> {
  const installation = `benchq${Date.now().toString(36)}`
  const server = elasticServer(address, installation)
  try {
    await server.start()
    const keys = await server.createProject('bench')
    await load(server, keys, data)
    return await measureOnElastic(server, keys)
  } finally {
    await server.stop()
    server.remove()
    const elastic = await connectElastic({ url: address, clock: systemClock })
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

export async function measureOnElastic(server: LabServer, keys: ProjectKeys): Promise<Result[]> {
  const traceId = await sampleTrace(server, keys.read)
  const asks = allQueries(traceId).map(ask => ({ ...ask, floorMs: FLOOR_MS }))
  const { total } = await server.call(
    'POST',
    '/api/v1/logs/search',
    { limit: 0, include: ['total'] },
    keys.read,
  )
  const results = await measureAsks(server, keys, asks)
  return results.map(result => ({
    ...result,
    what: result.what.replace('query:', 'Elasticsearch, query:'),
    note: `${total} rows`,
  }))
}
