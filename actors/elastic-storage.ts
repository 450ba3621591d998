/** The store on Elasticsearch, from settings. */
import type { Closing } from './closing.ts'
import type { DeadLetters } from './commit-log/dead-letters/dead-letters.ts'
import { letterOfEntry } from './commit-log/dead-letters/entry-letter.ts'
import type { Foundation } from './foundation.ts'
import { patiently } from './patience.ts'
import { connectElastic } from './store/elasticsearch/client.ts'
import { type ElasticStore, openElasticStore } from './store/elasticsearch/elastic-store.ts'
import { queryMemory } from './store/query-memory.ts'
import { projectOf } from './store/streams.ts'

/** Batches held until they are written: this part of the memory for batches. */
const MEMORY_SHARE = 2
/** Rows are visible so long after they were written; each refresh costs the server about 10 ms. */
const REFRESH_INTERVAL_MS = 500
const SEARCH_TIMEOUT_MS = 30_000

export async function openElastic(
  foundation: Foundation,
  deadLetters: DeadLetters,
  closing: Closing,
): Promise<ElasticStore> {
  const { config, system, pool, clock, random, catalog, onFault, log } = foundation
  const { elasticsearchUrl: url, elasticsearchApiKey: apiKey } = config
  const open = async (): Promise<ElasticStore> => {
    const server = await connectElastic({ url, apiKey, clock })
    try {
      const store = await openElasticStore({
        server,
        name: config.installation,
        system,
        pool,
        clock,
        random,
        placements: catalog.placements,
        retentionDaysOf: async projectId =>
          (await catalog.project(projectOf(projectId)))?.retention_days ?? config.retentionDays,
        deadLetters: {
          async bury(entry, rows, reason) {
            const facts = { source: 'store', reason, atUs: clock.nowUs() } as const
            const [id] = await deadLetters.put([letterOfEntry(entry, rows, facts)])
            log.error({ id, rows, reason }, 'rows that cannot be stored')
          },
        },
        memoryBytes: Math.floor(config.arenaBytes / MEMORY_SHARE),
        refreshIntervalMs: REFRESH_INTERVAL_MS,
        searchTimeoutMs: SEARCH_TIMEOUT_MS,
        queryMemory: queryMemory(config),
        storage: null,
        onFault,
      })
      closing.add(() => server.close())
      closing.add(() => store.close())
      return store
    } catch (error) {
      await server.close()
      throw error
    }
  }
  return patiently(foundation, 'Elasticsearch', open)
}
