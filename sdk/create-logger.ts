/** Puts a logger together: settings, buffer, sender, transports and hooks of this process. */
import { BatchBuilder } from '../proto/batch-builder.ts'
import { type Clock, systemClock } from './clock.ts'
import { Diagnostics } from './diagnostics.ts'
import { type LoggerOptions, readSettings, type Settings } from './environment.ts'
import { ExitHooks } from './exit-hooks.ts'
import { GrpcTransport } from './grpc-transport.ts'
import { HttpTransport } from './http-transport.ts'
import {
  CoreLogger,
  type Logger,
  type LoggerCore,
  type LoggerStats,
  leavesOf,
  SEVERITIES,
} from './logger.ts'
import { MetricRegistry } from './metrics.ts'
import { systemRandom } from './random.ts'
import { RecordBuffer } from './record-buffer.ts'
import { Sender } from './sender.ts'
import { Spool, type SpoolOptions, type SpoolStats } from './spool/spool.ts'
import { systemDisk } from './spool/spool-disk.ts'
import { systemOwner } from './spool/spool-owner.ts'
import type { Transport } from './transport.ts'
import { SDK_NAME, SDK_VERSION } from './version.ts'

/** With a spool, records wait no longer than this in a batch that cannot leave. */
const SPOOL_SEAL_MS = 1_000
/** Sealing this many stops the application for about a millisecond. */
const BATCH_RECORDS_MAX = 4_096

/**
 * Makes a logger. It never throws, here or later: where nothing can be sent, because the key is
 * missing or the address is wrong, it says so once on stderr, and drops and counts every record.
 */
export function createLogger(options: LoggerOptions = {}): Logger {
  const diagnostics = new Diagnostics(systemClock, line => process.stderr.write(line))
  const read = readSettings(options)
  if (read.type === 'fault') diagnostics.trouble(`nothing will be sent: ${read.reason}`)
  const settings = read.type === 'settings' ? read.settings : SILENT
  const core = new Core(settings, diagnostics, systemClock)
  if (read.type === 'fault') core.shut()
  else if (settings.exitHooks) core.watchExit(settings.exitFlushMs)
  return new CoreLogger(core, leavesOf(options.attributes ?? {}))
}

/** Settings of a logger that can send nothing. */
const SILENT: Settings = {
  grpcOrigin: 'http://127.0.0.1:4317',
  httpOrigin: null,
  key: '',
  service: '',
  host: '',
  level: 'trace',
  authority: null,
  flushIntervalMs: 0,
  metricsIntervalMs: 0,
  metricSeriesMax: 0,
  memoryBytesMax: 0,
  spool: null,
  exitFlushMs: 0,
  exitHooks: false,
}

const BATCH = { sdkName: SDK_NAME, sdkVersion: SDK_VERSION }

class Core implements LoggerCore {
  readonly builder = new BatchBuilder(BATCH)
  readonly metrics: MetricRegistry
  readonly buffer: RecordBuffer
  readonly clock: Clock
  readonly service: string
  readonly host: string
  readonly minSeverity: number
  readonly counts = { logged: 0, memory: 0, invalid: 0, closed: 0 }
  isClosed = false
  private readonly sender: Sender
  private readonly spool: Spool | null
  private closed: Promise<boolean> | null = null
  private readonly diagnostics: Diagnostics
  private leaveExitHooks: () => void = () => {}

  constructor(settings: Settings, diagnostics: Diagnostics, clock: Clock) {
    this.clock = clock
    this.diagnostics = diagnostics
    this.service = settings.service
    this.host = settings.host
    this.minSeverity = SEVERITIES[settings.level]
    const shared = { key: settings.key, transports: transportsOf(settings) }
    this.spool = this.spoolOf(settings, shared)
    this.sender = new Sender({
      ...shared,
      ...(this.spool === null
        ? {}
        : { spool: this.spool.live, residentBytesMax: settings.memoryBytesMax / 2 }),
      clock,
      random: systemRandom,
      onTrouble: message => this.trouble(message),
      onRoom: () => this.buffer.roomCame(),
    })
    this.buffer = new RecordBuffer({
      builder: this.builder,
      sink: this.sender,
      clock,
      flushIntervalMs: settings.flushIntervalMs,
      sealAfterMs: this.spool === null ? null : SPOOL_SEAL_MS,
      batchRecordsMax: BATCH_RECORDS_MAX,
      memoryBytesMax: settings.memoryBytesMax,
    })
    this.metrics = new MetricRegistry({
      clock,
      batch: BATCH,
      service: settings.service,
      host: settings.host,
      intervalMs: settings.metricsIntervalMs,
      seriesMax: settings.metricSeriesMax,
      hasRoom: () => this.buffer.hasRoom,
      push: batch => this.sender.push(batch),
      trouble: message => this.trouble(message),
    })
    this.spool?.start()
  }

  trouble(message: string): void {
    this.diagnostics.trouble(message)
  }

  flush(timeoutMs: number): Promise<boolean> {
    this.metrics.collect()
    this.buffer.seal()
    this.sender.hurry()
    return new Promise(resolve => {
      const stop = this.clock.after(
        timeoutMs,
        () => {
          cancel()
          resolve(false)
        },
        // Someone waits for this: the sockets alone would let the process go.
        { keepAlive: true },
      )
      const cancel = this.sender.whenSettled(() => {
        stop()
        resolve(true)
      })
    })
  }

  close(timeoutMs: number): Promise<boolean> {
    this.closed ??= this.closeOnce(timeoutMs)
    return this.closed
  }

  stats(): LoggerStats {
    const { logged, memory, invalid, closed } = this.counts
    const { acknowledged, rejected, connections, throttles } = this.sender.counts
    const old = this.spool?.oldCounts.possiblyRepeated ?? 0
    return {
      logged,
      acknowledged,
      rejected,
      dropped: { memory, invalid, closed },
      possiblyRepeated: this.sender.counts.possiblyRepeated + old,
      metrics: this.metrics.stats(),
      spool: this.spoolStats(),
      pendingBatches: this.sender.pending,
      bufferedBytes: this.buffer.bytes,
      transport: this.sender.transport,
      connections,
      throttles,
      lastTrouble: this.diagnostics.last,
    }
  }

  /** Nothing can be sent, now and later. */
  shut(): void {
    this.isClosed = true
    this.metrics.close()
  }

  watchExit(exitFlushMs: number): void {
    this.leaveExitHooks = exitHooks.join({
      isPending: () => this.builder.count > 0 || this.sender.pending > 0 || this.metrics.isPending,
      flush: () => this.flush(exitFlushMs),
      exiting: () => this.exiting(),
      uncaught: error => {
        const cause = error instanceof Error ? error : new Error(String(error))
        new CoreLogger(this, []).fatal(cause, `uncaught exception: ${cause.message}`)
      },
    })
  }

  private spoolOf({ spool }: Settings, sender: SpoolOptions['sender']): Spool | null {
    if (spool === null) return null
    return new Spool({
      disk: systemDisk,
      clock: this.clock,
      random: systemRandom,
      owner: systemOwner,
      folder: spool.folder,
      bytesMax: spool.maxBytes,
      sender,
      onTrouble: message => this.trouble(message),
    })
  }

  private spoolStats(): SpoolStats | null {
    if (this.spool === null) return null
    const stats = this.spool.stats()
    return { ...stats, lost: stats.lost + this.sender.counts.lost }
  }

  private async closeOnce(timeoutMs: number): Promise<boolean> {
    this.metrics.close()
    const isFlushed = this.isClosed || (await this.flush(timeoutMs))
    this.isClosed = true
    this.leaveExitHooks()
    this.sender.close()
    await this.spool?.close()
    return isFlushed
  }

  /** What was not sent is left to the next process. */
  private exiting(): void {
    this.sender.close()
    this.metrics.close()
    this.buffer.seal()
    this.spool?.writeNow()
  }
}

const exitHooks = new ExitHooks(process, error => {
  const rethrow = (): void => {
    throw error
  }
  systemClock.after(0, rethrow, { keepAlive: true })
})

function transportsOf({ grpcOrigin, httpOrigin, authority }: Settings): Transport[] {
  const grpc = new GrpcTransport({ origin: grpcOrigin, authority })
  return httpOrigin === null ? [grpc] : [grpc, new HttpTransport({ origin: httpOrigin, authority })]
}
