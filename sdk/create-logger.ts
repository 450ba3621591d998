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
import { systemRandom } from './random.ts'
import { RecordBuffer } from './record-buffer.ts'
import { Sender } from './sender.ts'
import type { Transport } from './transport.ts'
import { SDK_NAME, SDK_VERSION } from './version.ts'

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
  if (read.type === 'fault') core.isClosed = true
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
  memoryBytesMax: 0,
  exitFlushMs: 0,
  exitHooks: false,
}

class Core implements LoggerCore {
  readonly builder = new BatchBuilder({ sdkName: SDK_NAME, sdkVersion: SDK_VERSION })
  readonly buffer: RecordBuffer
  readonly clock: Clock
  readonly service: string
  readonly host: string
  readonly minSeverity: number
  readonly counts = { logged: 0, memory: 0, invalid: 0, closed: 0 }
  isClosed = false
  private readonly sender: Sender
  private readonly diagnostics: Diagnostics
  private leaveExitHooks: () => void = () => {}

  constructor(settings: Settings, diagnostics: Diagnostics, clock: Clock) {
    this.clock = clock
    this.diagnostics = diagnostics
    this.service = settings.service
    this.host = settings.host
    this.minSeverity = SEVERITIES[settings.level]
    this.sender = new Sender({
      key: settings.key,
      transports: transportsOf(settings),
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
      batchRecordsMax: BATCH_RECORDS_MAX,
      memoryBytesMax: settings.memoryBytesMax,
    })
  }

  trouble(message: string): void {
    this.diagnostics.trouble(message)
  }

  flush(timeoutMs: number): Promise<boolean> {
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

  async close(timeoutMs: number): Promise<boolean> {
    const isFlushed = this.isClosed || (await this.flush(timeoutMs))
    this.isClosed = true
    this.leaveExitHooks()
    this.sender.close()
    return isFlushed
  }

  stats(): LoggerStats {
    const { logged, memory, invalid, closed } = this.counts
    const { acknowledged, rejected, possiblyRepeated, connections, throttles } = this.sender.counts
    return {
      logged,
      acknowledged,
      rejected,
      dropped: { memory, invalid, closed },
      possiblyRepeated,
      pendingBatches: this.sender.pending,
      bufferedBytes: this.buffer.bytes,
      transport: this.sender.transport,
      connections,
      throttles,
      lastTrouble: this.diagnostics.last,
    }
  }

  watchExit(exitFlushMs: number): void {
    this.leaveExitHooks = exitHooks.join({
      isPending: () => this.builder.count > 0 || this.sender.pending > 0,
      flush: () => this.flush(exitFlushMs),
      uncaught: error => {
        const cause = error instanceof Error ? error : new Error(String(error))
        new CoreLogger(this, []).fatal(cause, `uncaught exception: ${cause.message}`)
      },
    })
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
