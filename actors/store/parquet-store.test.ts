import { logStoreSuite } from './testing/log-store-suite.ts'
import { inStoreWorld } from './testing/store-world.ts'

logStoreSuite('Parquet store', {
  // Small flushes, so that segments of all sizes come and go by themselves.
  run: (seed, body) => inStoreWorld(seed, { flushBytes: 12_000, flushIntervalMs: 30_000 }, body),
  seeds: 8,
})
