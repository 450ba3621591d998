/** The whole path SDK → Kafka → Elasticsearch of one process: its rate and what it costs. */
import { connectElastic } from '#actors/store/elasticsearch/client.ts'
import { systemClock } from '#runtime/clock.ts'
import { elasticCpuMs, type Sent, WARM_UP_SHARE } from '../elastic.bench.ts'
import { type SealedBatch, sealedBatches } from './data.ts'
import { pause } from './pause.ts'
import { LabServer } from './server.ts'
import { StreamClient } from './stream-client.ts'

const BATCH_ROWS = 4_096
const WINDOW = 16
const LOOK_MS = 200

/** The rate is that from the first batch until a search finds all rows. */
export async function measurePipeline(
  environment: Readonly<Record<string, string>>,
  data: string,
): Promise<Sent> {
  const batches: SealedBatch[] = []
  for await (const batch of sealedBatches(data, BATCH_ROWS)) batches.push(batch)
  const elastic = await connectElastic({
    url: environment['ELASTICSEARCH_URL'] ?? '',
    clock: systemClock,
  })
  const server = new LabServer({ env: environment })
  try {
    await server.start()
    const keys = await server.createProject('pipeline')
    const client = new StreamClient({ url: server.grpcUrl, key: keys.ingest, window: WINDOW })
    await client.open()
    let sent = 0
    const send = async (some: readonly SealedBatch[]): Promise<number> => {
      const before = sent
      for (const batch of some) {
        await client.send(batch)
        sent += batch.rows
      }
      await allFound(server, keys.read, sent)
      return sent - before
    }
    await send(batches.slice(0, Math.ceil(batches.length * WARM_UP_SHARE)))
    const own = server.usage().cpuSeconds
    const elasticMs = await elasticCpuMs(elastic)
    const begunMs = performance.now()
    const rows = await send(batches)
    const seconds = (performance.now() - begunMs) / 1_000
    const ownUs = ((server.usage().cpuSeconds - own) * 1e6) / rows
    client.close()
    return {
      rowsPerSecond: rows / seconds,
      ownUs,
      elasticUs: (((await elasticCpuMs(elastic)) - elasticMs) * 1_000) / rows,
    }
  } finally {
    await server.stop()
    server.remove()
    await elastic.close()
  }
}

/**
 * Settles once a search finds so many rows. What the process says that it wrote is looked at
 * before: each search counts all rows, which would cost both processes.
 */
export async function allFound(server: LabServer, key: string, wanted: number): Promise<void> {
  while ((await server.metric('logboy_store_rows')) < wanted) await pause(LOOK_MS)
  for (;;) {
    const body = { limit: 0, include: ['total'] }
    const { total } = await server.call('POST', '/api/v1/logs/search', body, key)
    if (Number(total) >= wanted) return
    await pause(LOOK_MS)
  }
}
