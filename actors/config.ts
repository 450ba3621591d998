/**
 * The only reader of the environment: flags win over
 * `LOGBOY_*` variables, these over `.env`, that over the YAML file, and that over the defaults.
 */
import { existsSync, readFileSync } from 'node:fs'
import { resolve } from 'node:path'
import { parseEnv } from 'node:util'
import { parse as parseYaml } from 'yaml'
import { type Config, SETTINGS } from './settings.ts'

/** A setting that cannot be used, told with its name, its source and what would do. */
export class ConfigError extends Error {
  readonly code = 'LOGBOY_CONFIG_INVALID'
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
  readonly key: string | undefined
  /** A file. */
  readonly authority: string | undefined
} {
  const { env } = process
  return {
    url: env['LOGBOY_URL'],
    token: env['LOGBOY_TOKEN'],
    key: env['LOGBOY_KEY'],
    authority: env['LOGBOY_CA'],
  }
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
