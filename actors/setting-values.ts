/** How the text of a setting becomes its value; what cannot be is told with what would do. */

import { TrustedProxies } from './http/trusted-proxies.ts'

export function text(value: string): string {
  return value
}

export function port(value: string): number {
  const number = count(value)
  if (number > 65_535) throw new Error('expected a port, 1 to 65535, or 0 for any free one')
  return number
}

/** null = off. */
export function portOrOff(value: string): number | null {
  return value === 'off' || value === '' ? null : port(value)
}

export function ports(value: string): number[] {
  return value.split(',').map(part => port(part.trim()))
}

export function count(value: string): number {
  if (!/^\d{1,9}$/.test(value)) throw new Error('expected a whole number')
  return Number(value)
}

export function countAboveZero(value: string): number {
  const number = count(value)
  if (number === 0) throw new Error('expected at least 1')
  return number
}

export function databaseUrl(value: string): string {
  if (value === '') return value
  if (!URL.canParse(value) || !/^postgres(ql)?:\/\/./.test(value)) {
    throw new Error('expected postgres://user:password@host:5432/name')
  }
  return value
}

const SIZE_UNITS: Readonly<Record<string, number>> = {
  '': 1,
  b: 1,
  k: 1024,
  kib: 1024,
  m: 1024 ** 2,
  mib: 1024 ** 2,
  g: 1024 ** 3,
  gib: 1024 ** 3,
}

export function size(value: string): number {
  const [, number, unit] = /^(\d+(?:\.\d+)?)\s*([a-z]*)$/i.exec(value) ?? []
  const factor = SIZE_UNITS[(unit ?? '').toLowerCase()]
  if (number === undefined || factor === undefined)
    throw new Error('expected a size such as 64MiB or 2GiB')
  return Math.round(Number(number) * factor)
}

const DURATION_UNITS: Readonly<Record<string, number>> = {
  ms: 1,
  s: 1000,
  m: 60_000,
  h: 3_600_000,
  d: 86_400_000,
}

export function duration(value: string): number {
  const [, number, unit] = /^(\d+(?:\.\d+)?)\s*(ms|s|m|h|d)$/.exec(value) ?? []
  if (number === undefined) throw new Error('expected a time such as 500ms, 60s, 15m or 1h')
  return Number(number) * (DURATION_UNITS[unit as string] as number)
}

export function driver(value: string): 'uws' | 'node' | 'auto' {
  if (value === 'uws' || value === 'node' || value === 'auto') return value
  throw new Error('expected uws, node or auto')
}

export function level(value: string): string {
  if (['trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent'].includes(value)) return value
  throw new Error('expected trace, debug, info, warn, error, fatal or silent')
}

export function flag(value: string): boolean {
  if (value === 'true' || value === 'false') return value === 'true'
  throw new Error('expected true or false')
}

export function brokers(value: string): readonly string[] {
  const names = value.split(',').map(part => part.trim())
  if (value === '') return []
  if (names.every(name => /^[^\s:/]+:\d{1,5}$|^\[[\da-f:]+\]:\d{1,5}$/i.test(name))) return names
  throw new Error('expected host:port, several with commas')
}

const SASL_MECHANISMS = ['scram-sha-512', 'scram-sha-256', 'plain'] as const
export type SaslMechanism = (typeof SASL_MECHANISMS)[number]

export function saslMechanism(value: string): SaslMechanism {
  const known = SASL_MECHANISMS.find(name => name === value.toLowerCase())
  if (known !== undefined) return known
  throw new Error(`expected one of ${SASL_MECHANISMS.join(', ')}`)
}

export function httpUrl(value: string): string {
  if (value === '') return value
  if (URL.canParse(value) && /^https?:\/\/./.test(value)) return value.replace(/\/+$/, '')
  throw new Error('expected http://host:port or https://host')
}

/** One URL, or several with commas. */
export function httpUrls(value: string): string {
  return value
    .split(',')
    .map(part => httpUrl(part.trim()))
    .join(',')
}

export function redisUrl(value: string): string {
  if (value === '' || (URL.canParse(value) && /^rediss?:\/\/./.test(value))) return value
  throw new Error('expected redis://user:password@host:6379/0')
}

export function smtpUrl(value: string): string {
  if (value === '' || (URL.canParse(value) && /^smtps?:\/\/./.test(value))) return value
  throw new Error('expected smtp://user:password@host:587')
}

/** Plain HTTP is for a stand-in on this machine. */
export function azureConnection(value: string): string {
  const form = /^endpoint=(https:\/\/[^;]+|http:\/\/127\.0\.0\.1:\d+\/?);accesskey=[\w+/=-]+;?$/i
  if (value === '' || form.test(value)) return value
  throw new Error('expected endpoint=https://NAME.communication.azure.com;accesskey=KEY')
}

export function trustedProxies(value: string): TrustedProxies {
  const parts = value.split(',').map(part => part.trim())
  return new TrustedProxies(parts.filter(part => part !== ''))
}

const ADMIN_TOKEN_CHARS_MIN = 32

export function adminToken(value: string): string {
  if (value === '' || value.length >= ADMIN_TOKEN_CHARS_MIN) return value
  throw new Error(`expected at least ${ADMIN_TOKEN_CHARS_MIN} characters, from a random source`)
}

export function installation(value: string): string {
  if (/^[a-z][a-z0-9]{0,29}$/.test(value)) return value
  throw new Error('expected up to 30 lower case letters and digits, a letter first')
}

export const ROLES = ['gateway', 'processor', 'api', 'scheduler'] as const

export function roles(value: string): ReadonlySet<(typeof ROLES)[number]> {
  const names = value.split(',').map(part => part.trim())
  const known = ROLES.filter(role => names.includes(role))
  if (names.length === known.length) return new Set(known)
  throw new Error(`expected some of ${ROLES.join(', ')}, with commas, each once`)
}
