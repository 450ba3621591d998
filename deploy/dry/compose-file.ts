/**
 * Reads a compose file as `docker compose` does, as far as ours uses it
 * (https://github.com/compose-spec/compose-spec/blob/main/spec.md): anchors and merges, variables
 * from `.env` and the environment, profiles.
 */
import { existsSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { parseEnv } from 'node:util'
import { parse } from 'yaml'

export type Condition = 'service_started' | 'service_healthy' | 'service_completed_successfully'

/** A service as the file states it. */
export interface ComposeService {
  readonly image?: string
  readonly build?: string
  readonly profiles?: readonly string[]
  readonly environment?: Readonly<Record<string, string>>
  readonly entrypoint?: readonly string[]
  readonly command?: readonly string[]
  readonly user?: string
  readonly mem_limit?: string
  readonly healthcheck?: ComposeHealthcheck
  readonly restart?: string
  readonly ports?: readonly string[]
  readonly volumes?: readonly string[]
  readonly tmpfs?: readonly string[]
  readonly depends_on?: Readonly<Record<string, { readonly condition: Condition }>>
  readonly read_only?: boolean
  readonly security_opt?: readonly string[]
  readonly cap_drop?: readonly string[]
  readonly stop_grace_period?: string
}

export interface ComposeHealthcheck {
  readonly test: readonly string[]
  readonly interval?: string
  readonly timeout?: string
  readonly retries?: number
  readonly start_period?: string
}

export interface ComposeFile {
  readonly services: Readonly<Record<string, ComposeService>>
  readonly volumes: Readonly<Record<string, unknown>>
}

/** Variables come from `environment` first, then from the `.env` beside the file. */
export function readComposeFile(
  path: string,
  environment: Readonly<Record<string, string | undefined>> = {},
): ComposeFile {
  const envFile = join(dirname(path), '.env')
  const defaults = existsSync(envFile) ? parseEnv(readFileSync(envFile, 'utf8')) : {}
  const given = (name: string): string | undefined => environment[name] ?? defaults[name]
  const text = readFileSync(path, 'utf8')
  return parse(text, (_, value: unknown) => interpolated(value, given), {
    merge: true,
  }) as ComposeFile
}

/** Services that these profiles start. */
export function servicesOf(
  { services }: ComposeFile,
  profiles: readonly string[],
): ReadonlyMap<string, ComposeService> {
  const isStarted = (own: readonly string[] = []): boolean =>
    own.length === 0 || own.some(profile => profiles.includes(profile))
  return new Map(Object.entries(services).filter(([, service]) => isStarted(service.profiles)))
}

const VARIABLE = /\$(?:\$|\{(\w+)(?:(:?-)([^}]*))?\}|(\w+))/g

/** `$NAME`, `${NAME}`, `${NAME-default}`, `${NAME:-default}`; `$$` is a dollar sign. */
export function interpolated(value: unknown, given: (name: string) => string | undefined): unknown {
  if (typeof value !== 'string') return value
  return value.replaceAll(
    VARIABLE,
    (text, braced?: string, operator?: string, otherwise = '', plain?: string) => {
      const name = braced ?? plain
      if (name === undefined) return text === '$$' ? '$' : text
      const found = given(name)
      const isAbsent = found === undefined || (found === '' && operator === ':-')
      return isAbsent ? otherwise : found
    },
  )
}

const UNITS_MS = { ms: 1, s: 1_000, m: 60_000, h: 3_600_000 } as const

/** `1m30s` in milliseconds. */
export function durationMs(text: string): number {
  const parts = [...text.matchAll(/(\d+)(ms|s|m|h)/g)]
  if (parts.map(([part]) => part).join('') !== text) throw new Error(`'${text}' is no duration`)
  return parts.reduce((sum, [, count, unit]) => {
    return sum + Number(count) * UNITS_MS[unit as keyof typeof UNITS_MS]
  }, 0)
}

const SIZES = { k: 2 ** 10, m: 2 ** 20, g: 2 ** 30 } as const

/** `1536m` in bytes. */
export function sizeBytes(text: string): number {
  const [, count, unit] = /^(\d+)([kmg])b?$/.exec(text) ?? []
  if (count === undefined) throw new Error(`'${text}' is no size`)
  return Number(count) * SIZES[unit as keyof typeof SIZES]
}
