/** The logger of an application: takes records as cheaply as it can, and never throws. */
import type { BatchBuilder } from '../proto/batch-builder.ts'
import { jsonText } from '../proto/json-text.ts'
import type { Clock } from './clock.ts'
import type { LevelName } from './environment.ts'
import { errorAttributes } from './exception.ts'
import type { MetricStats, Metrics } from './metrics.ts'
import type { RecordBuffer } from './record-buffer.ts'
import type { SpoolStats } from './spool/spool.ts'

/** Takes a message and attributes in either order, or an error with or without a message. */
export interface LogMethod {
  (message: string, attributes?: object): void
  (attributes: object, message?: string): void
}

export interface Logger {
  readonly trace: LogMethod
  readonly debug: LogMethod
  readonly info: LogMethod
  readonly warn: LogMethod
  readonly error: LogMethod
  readonly fatal: LogMethod
  /** Counters, gauges and histograms; the same for all loggers of one family. */
  readonly metrics: Metrics
  /** A logger whose records have these attributes, unless a record says otherwise. */
  child(attributes: object): Logger
  isEnabled(level: LevelName): boolean
  /** Resolves when everything logged so far is durable (true), or the time is up (false). */
  flush(timeoutMs?: number): Promise<boolean>
  /** Flushes and lets go of everything; later records are dropped and counted. */
  close(timeoutMs?: number): Promise<boolean>
  stats(): LoggerStats
}

export interface LoggerStats {
  /** Records handed to the logger at an enabled level. */
  readonly logged: number
  /** Of these, and of the points of metrics: on disk at the server. */
  readonly acknowledged: number
  /** Of all: refused by the server, with the reason in `lastTrouble`. */
  readonly rejected: number
  /** Never sent: no memory left, invalid in themselves, or logged after `close`. */
  readonly dropped: { readonly memory: number; readonly invalid: number; readonly closed: number }
  /** Sent again although the server may have them, because it had forgotten us. */
  readonly possiblyRepeated: number
  readonly metrics: MetricStats
  /** null = there is none. */
  readonly spool: SpoolStats | null
  readonly pendingBatches: number
  readonly bufferedBytes: number
  /** null = not connected at present. */
  readonly transport: 'grpc' | 'http' | null
  readonly connections: number
  readonly throttles: number
  readonly lastTrouble: string | null
}

/** What all loggers of one family share. */
export interface LoggerCore {
  readonly builder: BatchBuilder
  readonly buffer: RecordBuffer
  readonly metrics: Metrics
  readonly clock: Clock
  readonly service: string
  readonly host: string
  readonly minSeverity: number
  isClosed: boolean
  readonly counts: { logged: number; memory: number; invalid: number; closed: number }
  trouble(message: string): void
  flush(timeoutMs: number): Promise<boolean>
  close(timeoutMs: number): Promise<boolean>
  stats(): LoggerStats
}

export const SEVERITIES: Readonly<Record<LevelName, number>> = {
  trace: 1,
  debug: 5,
  info: 9,
  warn: 13,
  error: 17,
  fatal: 21,
}
const FLUSH_MS = 10_000
const DEPTH_MAX = 8

type Binding = readonly [key: string, value: unknown]

export class CoreLogger implements Logger {
  readonly trace: LogMethod
  readonly debug: LogMethod
  readonly info: LogMethod
  readonly warn: LogMethod
  readonly error: LogMethod
  readonly fatal: LogMethod
  readonly metrics: Metrics
  private readonly core: LoggerCore
  private readonly bindings: readonly Binding[]
  private readonly traceId: string
  private readonly spanId: string

  constructor(core: LoggerCore, bindings: readonly Binding[]) {
    const ids: Ids = Object.fromEntries(bindings.filter(([key, value]) => isId(key, value)))
    this.core = core
    this.metrics = core.metrics
    this.bindings = bindings.filter(([key, value]) => !isId(key, value))
    this.traceId = typeof ids.trace_id === 'string' ? ids.trace_id : ''
    this.spanId = typeof ids.span_id === 'string' ? ids.span_id : ''
    this.trace = this.method('trace')
    this.debug = this.method('debug')
    this.info = this.method('info')
    this.warn = this.method('warn')
    this.error = this.method('error')
    this.fatal = this.method('fatal')
  }

  child(attributes: object): Logger {
    const { traceId, spanId } = this
    const inherited: Binding[] = [...this.bindings, ['trace_id', traceId], ['span_id', spanId]]
    const all = new Map([...inherited, ...leavesOf(attributes)])
    return new CoreLogger(this.core, [...all])
  }

  isEnabled(level: LevelName): boolean {
    return SEVERITIES[level] >= this.core.minSeverity
  }

  flush(timeoutMs: number = FLUSH_MS): Promise<boolean> {
    return this.core.flush(timeoutMs)
  }

  close(timeoutMs: number = FLUSH_MS): Promise<boolean> {
    return this.core.close(timeoutMs)
  }

  stats(): LoggerStats {
    return this.core.stats()
  }

  private method(level: LevelName): LogMethod {
    const severity = SEVERITIES[level]
    if (severity < this.core.minSeverity) return () => {}
    return (first: unknown, second?: unknown) => this.log(severity, first, second)
  }

  private log(severity: number, first: unknown, second: unknown): void {
    const { core } = this
    core.counts.logged++
    if (core.isClosed) {
      core.counts.closed++
    } else if (!core.buffer.hasRoom) {
      core.counts.memory++
      core.trouble(
        'records are dropped: the server does not take them and the memory for them is full',
      )
    } else {
      try {
        this.take(severity, first, second)
      } catch (error) {
        core.builder.cancel()
        this.refuse(String(error))
      }
    }
  }

  private take(severity: number, first: unknown, second: unknown): void {
    const { core } = this
    const { builder } = core
    const isMessageFirst = typeof first !== 'object' || first === null
    const attributes = isMessageFirst ? second : first
    const ids = typeof attributes === 'object' && attributes !== null ? (attributes as Ids) : NO_IDS
    builder.begin({
      timeUs: core.clock.nowUs(),
      severity,
      service: core.service,
      host: core.host,
      file: '',
      message: isMessageFirst ? textOf(first) : messageOf(first, second),
      traceId: typeof ids.trace_id === 'string' ? ids.trace_id : this.traceId,
      spanId: typeof ids.span_id === 'string' ? ids.span_id : this.spanId,
    })
    if (attributes !== undefined) this.addAttributes(attributes)
    for (let i = 0; i < this.bindings.length; i++) {
      const [key, value] = this.bindings[i] as Binding
      builder.attributeDefault(key, value)
    }
    const reason = builder.end()
    if (reason === null) core.buffer.added()
    else this.refuse(reason)
  }

  private addAttributes(attributes: unknown): void {
    const { builder } = this.core
    if (attributes instanceof Error) this.addError('err', attributes)
    else if (typeof attributes !== 'object' || attributes === null) {
      builder.attribute('value', attributes)
    } else {
      for (const key in attributes) {
        const value: unknown = attributes[key as keyof typeof attributes]
        if (value instanceof Error) this.addError(key, value)
        else if (!isId(key, value)) builder.attribute(key, value)
      }
    }
  }

  private addError(key: string, error: Error): void {
    const attributes = errorAttributes(error, key)
    for (const name in attributes) this.core.builder.attribute(name, attributes[name])
  }

  private refuse(reason: string): void {
    this.core.counts.invalid++
    this.core.trouble(`a record was dropped: ${reason}`)
  }
}

function textOf(message: unknown): string {
  return typeof message === 'string' ? message : jsonText(message)
}

function messageOf(first: object, second: unknown): string {
  if (second !== undefined) return textOf(second)
  return first instanceof Error ? first.message : ''
}

/** `trace_id` and `span_id` have columns of their own. */
interface Ids {
  readonly trace_id?: unknown
  readonly span_id?: unknown
}

const NO_IDS: Ids = {}

function isId(key: string, value: unknown): boolean {
  return (key === 'trace_id' || key === 'span_id') && typeof value === 'string'
}

/** Attributes of a child, flattened once, so that a record can override each by itself. */
export function leavesOf(attributes: object, prefix = '', depth = 0): Binding[] {
  return Object.entries(attributes).flatMap(([key, value]: [string, unknown]): Binding[] => {
    const name = prefix + key
    if (value instanceof Error) return Object.entries(errorAttributes(value, name))
    const isPlain = isPlainObject(value) && depth < DEPTH_MAX && Object.keys(value).length > 0
    return isPlain ? leavesOf(value, `${name}.`, depth + 1) : [[name, value]]
  })
}

function isPlainObject(value: unknown): value is object {
  if (typeof value !== 'object' || value === null) return false
  const prototype: unknown = Object.getPrototypeOf(value)
  return prototype === Object.prototype || prototype === null
}
