/** Logs from a Node application into Logboy: batched, durable, never in the way. */
export { createLogger } from './create-logger.ts'
export type { LevelName, LoggerOptions, SpoolSettings } from './environment.ts'
export type { Labels } from './label-tree.ts'
export type { Logger, LoggerStats, LogMethod } from './logger.ts'
export type {
  Counter,
  Gauge,
  Histogram,
  InstrumentOptions,
  MetricStats,
  Metrics,
} from './metrics.ts'
export type { SpoolStats } from './spool/spool.ts'
