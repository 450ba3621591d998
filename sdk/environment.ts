/** What a logger is made with: options of the call, then the environment, then defaults. */
import { readFileSync } from 'node:fs'
import { hostname } from 'node:os'
import { basename, resolve } from 'node:path'

export interface LoggerOptions {
  /** `http(s)://host:4000` or `grpc(s)://host:4317`. LOGBOY_URL; http://127.0.0.1:4000. */
  readonly url?: string
  /** A project's key with the scope `ingest`. LOGBOY_KEY. */
  readonly key?: string
  /** LOGBOY_SERVICE, OTEL_SERVICE_NAME; the name of the program. */
  readonly service?: string
  /** The machine's name. */
  readonly host?: string
  /** Records below it are left out; all are sent unless given. */
  readonly level?: LevelName
  /** Attributes of every record. */
  readonly attributes?: object
  /** Where gRPC is, when it is not at port 4317 of `url`. LOGBOY_GRPC_URL. */
  readonly grpcUrl?: string
  /** PEM, or a file with it, of an authority to be trusted beside the known ones. LOGBOY_CA. */
  readonly ca?: string
  /** Allows a key to travel unencrypted beyond this machine. LOGBOY_INSECURE=1. */
  readonly insecure?: boolean
  /** How long a record waits for others, ms: 10. */
  readonly flushIntervalMs?: number
  /** How often a point of every series is sent, ms. LOGBOY_METRICS_INTERVAL_MS; 10000. */
  readonly metricsIntervalMs?: number
  /** Combinations of a metric and labels that are kept at once: 2000. Others are counted alone. */
  readonly metricSeriesMax?: number
  /** Bytes kept while the server is away; what comes beyond is dropped and counted: 32 MiB. */
  readonly memoryBytesMax?: number
  /**
   * Keeps batches on disk until the server has them, so that they outlive this process and a long
   * outage; false = not, whatever the environment says. LOGBOY_SPOOL, LOGBOY_SPOOL_BYTES; no spool.
   */
  readonly spool?: SpoolSettings | false
  /**
   * How long the end of the process may be held up to send what is left. LOGBOY_EXIT_FLUSH_MS;
   * 2000.
   */
  readonly exitFlushMs?: number
  /** Whether to send what is left on beforeExit, SIGTERM, SIGINT and uncaught exceptions: true. */
  readonly exitHooks?: boolean
}

export interface SpoolSettings {
  /** Several processes may share it. */
  readonly folder: string
  /** Bytes that all its files may take: 256 MiB. Later batches stay in memory alone. */
  readonly maxBytes?: number
}

export type LevelName = 'trace' | 'debug' | 'info' | 'warn' | 'error' | 'fatal'

export interface Settings {
  readonly grpcOrigin: string
  /** null = gRPC only. */
  readonly httpOrigin: string | null
  readonly key: string
  readonly service: string
  readonly host: string
  readonly level: LevelName
  readonly authority: string | null
  readonly flushIntervalMs: number
  readonly metricsIntervalMs: number
  readonly metricSeriesMax: number
  readonly memoryBytesMax: number
  /** null = memory alone. */
  readonly spool: Required<SpoolSettings> | null
  readonly exitFlushMs: number
  readonly exitHooks: boolean
}

export type ReadSettings =
  | { readonly type: 'settings'; readonly settings: Settings }
  /** Nothing can be sent with these. */
  | { readonly type: 'fault'; readonly reason: string }

type Environment = Readonly<Record<string, string | undefined>>

const URL_DEFAULT = 'http://127.0.0.1:4000'
const GRPC_PORT = 4317
const FLUSH_INTERVAL_MS = 10
const METRICS_INTERVAL_MS = 10_000
const METRIC_SERIES_MAX = 2_000
const MEMORY_BYTES_MAX = 32 * 1024 * 1024
const SPOOL_BYTES_MAX = 256 * 1024 * 1024
const EXIT_FLUSH_MS = 2_000
const LOOPBACK = /^(?:localhost|.+\.localhost|127(?:\.\d{1,3}){3}|\[::1\])$/
const PROTOCOLS: Readonly<Record<string, { isGrpc: boolean; isSecure: boolean }>> = {
  'http:': { isGrpc: false, isSecure: false },
  'https:': { isGrpc: false, isSecure: true },
  'grpc:': { isGrpc: true, isSecure: false },
  'grpcs:': { isGrpc: true, isSecure: true },
}

/** Resolves the options of one logger. */
export function readSettings(
  options: LoggerOptions,
  environment: Environment = process.env,
): ReadSettings {
  const key = options.key ?? environment['LOGBOY_KEY'] ?? ''
  if (key === '') return fault('no key: set LOGBOY_KEY or the option "key"')
  const server = readAddress(options.url ?? environment['LOGBOY_URL'] ?? URL_DEFAULT)
  if (server === null) return fault('the url is none of http, https, grpc, grpcs')
  const grpcUrl = options.grpcUrl ?? environment['LOGBOY_GRPC_URL']
  const grpc = grpcUrl === undefined ? grpcOf(server) : readAddress(grpcUrl)
  if (grpc === null) return fault('the gRPC url is none of http, https, grpc, grpcs')
  const isAllowed = options.insecure ?? environment['LOGBOY_INSECURE'] === '1'
  const exposed = [server, grpc].find(({ isSecure, host }) => !isSecure && !LOOPBACK.test(host))
  if (exposed !== undefined && !isAllowed) {
    return fault(`the key would travel unencrypted to ${exposed.host}: use TLS or "insecure: true"`)
  }
  const authority = readAuthority(options.ca ?? environment['LOGBOY_CA'])
  if (authority === undefined) return fault('the file of the certificate authority cannot be read')
  const settings: Settings = {
    grpcOrigin: originOf(grpc),
    httpOrigin: server.isGrpc ? null : originOf(server),
    key,
    service: serviceOf(options, environment),
    host: options.host ?? hostname(),
    level: options.level ?? 'trace',
    authority,
    flushIntervalMs: options.flushIntervalMs ?? FLUSH_INTERVAL_MS,
    metricsIntervalMs:
      options.metricsIntervalMs ??
      numberOf(environment['LOGBOY_METRICS_INTERVAL_MS'], METRICS_INTERVAL_MS),
    metricSeriesMax: options.metricSeriesMax ?? METRIC_SERIES_MAX,
    memoryBytesMax: options.memoryBytesMax ?? MEMORY_BYTES_MAX,
    spool: spoolOf(options, environment),
    exitFlushMs:
      options.exitFlushMs ?? numberOf(environment['LOGBOY_EXIT_FLUSH_MS'], EXIT_FLUSH_MS),
    exitHooks: options.exitHooks ?? true,
  }
  return { type: 'settings', settings }
}

function fault(reason: string): ReadSettings {
  return { type: 'fault', reason }
}

interface Address {
  readonly isGrpc: boolean
  readonly isSecure: boolean
  readonly host: string
  readonly port: number
}

/** null = not an address of ours. */
function readAddress(text: string): Address | null {
  let url: URL
  try {
    // Only http is a scheme whose host URL reads the same way everywhere.
    url = new URL(text.trim().replace(/^grpc(s?):/i, 'http$1:'))
  } catch {
    return null
  }
  const protocol = PROTOCOLS[`${text.trim().split(':', 1)[0]?.toLowerCase()}:`]
  if (protocol === undefined || url.hostname === '') return null
  const standard = protocol.isGrpc ? GRPC_PORT : protocol.isSecure ? 443 : 80
  return { ...protocol, host: url.hostname, port: url.port === '' ? standard : Number(url.port) }
}

function grpcOf(server: Address): Address {
  return server.isGrpc ? server : { ...server, isGrpc: true, port: GRPC_PORT }
}

function originOf({ isSecure, host, port }: Address): string {
  return `${isSecure ? 'https' : 'http'}://${host}:${port}`
}

/** undefined = it cannot be read. */
function readAuthority(value: string | undefined): string | null | undefined {
  if (value === undefined || value === '') return null
  if (value.includes('-----BEGIN')) return value
  try {
    return readFileSync(value, 'utf8')
  } catch {
    return undefined
  }
}

function serviceOf(options: LoggerOptions, environment: Environment): string {
  const named = options.service ?? environment['LOGBOY_SERVICE'] ?? environment['OTEL_SERVICE_NAME']
  if (named !== undefined && named !== '') return named
  const script = process.argv[1]
  return script === undefined ? 'node' : basename(script).replace(/\.[cm]?[jt]s$/, '')
}

function spoolOf(
  { spool }: LoggerOptions,
  environment: Environment,
): Required<SpoolSettings> | null {
  const folder = spool === false ? '' : (spool?.folder ?? environment['LOGBOY_SPOOL'] ?? '')
  if (folder === '' || spool === false) return null
  const maxBytes = spool?.maxBytes ?? bytesOf(environment['LOGBOY_SPOOL_BYTES'], SPOOL_BYTES_MAX)
  return { folder: resolve(folder), maxBytes }
}

const UNITS: Readonly<Record<string, number>> = { '': 1, KiB: 2 ** 10, MiB: 2 ** 20, GiB: 2 ** 30 }

/** A number of bytes, or of a binary unit. */
function bytesOf(text: string | undefined, otherwise: number): number {
  const [, number, unit = ''] = /^(\d+)\s*(KiB|MiB|GiB)?$/.exec(text?.trim() ?? '') ?? []
  return number === undefined ? otherwise : Number(number) * (UNITS[unit] as number)
}

function numberOf(text = '', otherwise: number): number {
  const number = Number(text)
  return text.trim() !== '' && Number.isFinite(number) && number >= 0 ? number : otherwise
}
