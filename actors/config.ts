/**
 * Every setting of the server in one table. The only reader of the environment: flags win over
 * `LOGBOY_*` variables, these over `.env`, that over the YAML file, and that over the defaults.
 */
import { existsSync, readFileSync } from 'node:fs'
import { resolve } from 'node:path'
import { parseEnv } from 'node:util'
import { parse as parseYaml } from 'yaml'
import {
  count,
  countAboveZero,
  databaseUrl,
  driver,
  duration,
  level,
  port,
  ports,
  size,
  text,
} from './setting-values.ts'

export interface Config {
  readonly dataFolder: string
  readonly databaseUrl: string
  readonly postgresHost: string
  readonly postgresPort: number
  readonly postgresUser: string
  readonly postgresPassword: string
  readonly postgresDatabase: string
  readonly databaseConnections: number
  readonly startWaitMs: number
  readonly host: string
  readonly httpPorts: readonly number[]
  readonly grpcPort: number
  readonly httpDriver: 'uws' | 'node' | 'auto'
  readonly publicUrl: string
  readonly tlsCert: string
  readonly tlsKey: string
  readonly diskReserveBytes: number
  readonly journalKeepMs: number
  readonly journalKeepBytes: number
  readonly arenaBytes: number
  readonly flushBytes: number
  readonly flushIntervalMs: number
  readonly searchMemoryBytes: number
  readonly workers: number
  readonly retentionDays: number
  readonly retentionIntervalMs: number
  readonly logLevel: string
}

/** A setting that cannot be used, told with its name, its source and what would do. */
export class ConfigError extends Error {
  readonly code = 'LOGBOY_CONFIG_INVALID'
}

interface Setting<Value> {
  readonly env: string
  readonly default: string
  readonly doc: string
  readonly parse: (text: string) => Value
  /** Its value is never told, and may stand in a file named by `<env>_FILE`. */
  readonly secret: boolean
}

/** The order of this table is the order of docs/configuration.md. */
export const SETTINGS: { readonly [Key in keyof Config]: Setting<Config[Key]> } = {
  dataFolder: setting('LOGBOY_DATA', './data', 'Folder of journal, segments and catalog', path =>
    resolve(path),
  ),
  databaseUrl: secret(
    'DATABASE_URL',
    'PostgreSQL for the catalog: postgres://user:password@host:5432/name; empty = embedded',
    databaseUrl,
  ),
  postgresHost: setting(
    'POSTGRES_HOST',
    '',
    'Where DATABASE_URL is empty: host of the PostgreSQL',
    text,
  ),
  postgresPort: setting('POSTGRES_PORT', '5432', 'Its port', port),
  postgresUser: setting('POSTGRES_USER', 'logboy', 'Its user', text),
  postgresPassword: secret('POSTGRES_PASSWORD', "Its user's password", text),
  postgresDatabase: setting('POSTGRES_DB', 'logboy', 'Its database', text),
  databaseConnections: setting(
    'DATABASE_CONNECTIONS',
    '10',
    'Connections to the PostgreSQL at most, for each process',
    countAboveZero,
  ),
  startWaitMs: setting(
    'LOGBOY_START_WAIT',
    '30s',
    'How long a start waits for servers that it needs',
    duration,
  ),
  host: setting('LOGBOY_HOST', '127.0.0.1', 'Address to listen on; 0.0.0.0 for all', text),
  httpPorts: setting(
    'LOGBOY_HTTP_PORT',
    '4000',
    'Port, or ports with commas, of page, REST and HTTP ingest',
    ports,
  ),
  grpcPort: setting('LOGBOY_GRPC_PORT', '4317', "Port of the SDK's stream", port),
  httpDriver: setting(
    'LOGBOY_HTTP_DRIVER',
    'auto',
    'uws, node, or auto (uws where it has a binary)',
    driver,
  ),
  publicUrl: setting(
    'LOGBOY_PUBLIC_URL',
    '',
    'URL that people use, when a proxy stands in front',
    text,
  ),
  tlsCert: setting(
    'LOGBOY_TLS_CERT',
    '',
    'PEM file with the certificate chain, for all doors',
    text,
  ),
  tlsKey: setting('LOGBOY_TLS_KEY', '', 'PEM file with the private key', text),
  diskReserveBytes: setting(
    'LOGBOY_DISK_RESERVE',
    '64MiB',
    'New data is refused while less than this is free',
    size,
  ),
  journalKeepMs: setting(
    'LOGBOY_JOURNAL_KEEP',
    '15m',
    'How long the journal is kept for tails and replays',
    duration,
  ),
  journalKeepBytes: setting(
    'LOGBOY_JOURNAL_KEEP_BYTES',
    '2GiB',
    'How much journal is kept at most for that',
    size,
  ),
  arenaBytes: setting(
    'LOGBOY_MEMORY',
    '256MiB',
    'Memory for batches on their way to a segment',
    size,
  ),
  flushBytes: setting('LOGBOY_FLUSH_BYTES', '64MiB', 'Batches that make one level-0 segment', size),
  flushIntervalMs: setting(
    'LOGBOY_FLUSH_INTERVAL',
    '60s',
    'Longest wait for that when it is quiet',
    duration,
  ),
  searchMemoryBytes: setting(
    'LOGBOY_SEARCH_MEMORY',
    '512MiB',
    'Memory limit of wide searches (DuckDB)',
    size,
  ),
  workers: setting('LOGBOY_WORKERS', '2', 'Worker threads that decode, match and write', count),
  retentionDays: setting('LOGBOY_RETENTION_DAYS', '30', 'Retention of new projects in days', count),
  retentionIntervalMs: setting(
    'LOGBOY_RETENTION_INTERVAL',
    '1h',
    'How often expired rows are deleted',
    duration,
  ),
  logLevel: setting('LOGBOY_LOG_LEVEL', 'info', "Level of the server's own log on stderr", level),
}

export interface ConfigSources {
  /** By key in kebab-case (`--http-port` sets httpPorts' LOGBOY_HTTP_PORT). */
  readonly flags?: Readonly<Record<string, string | undefined>>
  readonly env?: Readonly<Record<string, string | undefined>>
  readonly folder?: string
}

/** Reads and checks all settings; throws ConfigError at the first that cannot be used. */
export function loadConfig({
  flags = {},
  env = process.env,
  folder = '.',
}: ConfigSources = {}): Config {
  const dotEnv = readDotEnv(resolve(folder, '.env'))
  const yaml = readYaml(env['LOGBOY_CONFIG'] ?? dotEnv['LOGBOY_CONFIG'])
  for (const name of Object.keys(yaml)) {
    if (!settingNames().has(name))
      throw new ConfigError(`the configuration file has an unknown setting ${name}`)
  }
  const entries = Object.entries(SETTINGS).map(([key, setting]) => {
    const { env: name, secret } = setting
    const find = (name: string) => env[name] ?? dotEnv[name] ?? yaml[name]
    const given =
      flags[flagOf(name)] ?? find(name) ?? (secret ? secretOf(name, find) : null) ?? setting.default
    try {
      return [key, setting.parse(given.trim())]
    } catch (error) {
      throw new ConfigError(`${name}${secret ? '' : `=${given}`}: ${(error as Error).message}`)
    }
  })
  const config = withDatabaseUrl(
    Object.fromEntries(entries) as { [Key in keyof Config]: Config[Key] },
  )
  if ((config.tlsCert === '') !== (config.tlsKey === '')) {
    throw new ConfigError('LOGBOY_TLS_CERT and LOGBOY_TLS_KEY are needed together')
  }
  return config
}

/** What a file holds that `<name>_FILE` names, as Docker and Kubernetes hand secrets over. */
function secretOf(name: string, find: (name: string) => string | undefined): string | null {
  const path = find(`${name}_FILE`)
  if (path === undefined || path === '') return null
  try {
    return readFileSync(path, 'utf8')
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException
    throw new ConfigError(`${name}_FILE=${path}: the file cannot be read (${code})`)
  }
}

/** The parts of an address make it where it is not given as a whole. */
function withDatabaseUrl(config: Config): Config {
  const { databaseUrl, postgresHost: host, postgresPort: port } = config
  if (databaseUrl !== '' || host === '') return config
  const [user, password, database] = [
    config.postgresUser,
    config.postgresPassword,
    config.postgresDatabase,
  ].map(encodeURIComponent)
  // A path is the folder of the server's Unix socket.
  const parts = host.startsWith('/')
    ? `/${database}?host=${encodeURIComponent(host)}&port=${port}&user=${user}&password=${password}`
    : `${user}:${password}@${host.includes(':') ? `[${host}]` : host}:${port}/${database}`
  return { ...config, databaseUrl: `postgres://${parts}` }
}

/** `LOGBOY_HTTP_PORT` → `http-port`. */
export function flagOf(envName: string): string {
  return envName
    .replace(/^LOGBOY_/, '')
    .toLowerCase()
    .replaceAll('_', '-')
}

/** What the command line reads besides the settings. */
export function clientEnvironment(): {
  readonly url: string | undefined
  readonly token: string | undefined
} {
  return { url: process.env['LOGBOY_URL'], token: process.env['LOGBOY_TOKEN'] }
}

/** What native libraries read from the environment while they load; given values win. */
export function prepareLibraries(): void {
  // Headers up to this many bytes: uWebSockets.js alone takes 4 KiB, too few for some tokens.
  process.env['UWS_HTTP_MAX_HEADERS_SIZE'] ??= '16384'
}

function settingNames(): Set<string> {
  return new Set(
    Object.values(SETTINGS).flatMap(({ env, secret }) => (secret ? [env, `${env}_FILE`] : [env])),
  )
}

function setting<Value>(
  env: string,
  standard: string,
  doc: string,
  parse: (text: string) => Value,
): Setting<Value> {
  return { env, default: standard, doc, parse, secret: false }
}

function secret<Value>(env: string, doc: string, parse: (text: string) => Value): Setting<Value> {
  return { ...setting(env, '', doc, parse), secret: true }
}

function readDotEnv(path: string): Record<string, string | undefined> {
  return existsSync(path) ? parseEnv(readFileSync(path, 'utf8')) : {}
}

/** Keys of the file are the variables' names, with or without the prefix, in any case. */
function readYaml(path: string | undefined): Record<string, string> {
  if (path === undefined) return {}
  if (!existsSync(path)) throw new ConfigError(`LOGBOY_CONFIG=${path}: there is no such file`)
  const content: unknown = parseYaml(readFileSync(path, 'utf8')) ?? {}
  if (typeof content !== 'object') throw new ConfigError(`LOGBOY_CONFIG=${path}: expected settings`)
  const known = settingNames()
  return Object.fromEntries(
    Object.entries(content as object).map(([key, value]) => {
      const name = key.toUpperCase().replaceAll('-', '_')
      const whole = name.startsWith('LOGBOY_') || known.has(name)
      return [whole ? name : `LOGBOY_${name}`, String(value)]
    }),
  )
}
