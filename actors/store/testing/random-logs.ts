/** Logs as plain objects, made from a seed: small vocabularies, so that queries find something. */
import type { Random } from '#runtime/random.ts'

export type AttributeValue = string | number | boolean | null | readonly (string | number)[]

export interface PlainLog {
  readonly timeUs: number | null
  readonly subNs: number
  /** 0 = none given. */
  readonly severity: number
  readonly severityText: string
  readonly service: string
  readonly host: string
  readonly file: string
  readonly message: string
  readonly traceId: string
  readonly spanId: string
  readonly attributes: readonly (readonly [key: string, value: AttributeValue])[]
}

/** Words of messages; none names a level. K is KELVIN SIGN, which folds to k. */
export const WORDS = [
  'connection',
  'timeout',
  'Connection',
  'user',
  'ka\u212aa',
  'Straße',
  'order_17',
  '日本',
  'x',
]
export const SERVICES = ['api', 'API', 'billing', 'größe', '']
export const HOSTS = ['web-1', 'web-2', '']
export const KEYS = ['status', 'Status', 'user.id', 'ratio', 'ok', 'tags', 'note']
/** No log has it, though it is how another key begins. */
export const ABSENT_KEY = 'user'

export interface LogRange {
  /** Most logs lie here; some lie far away or have no time. */
  readonly fromUs: number
  readonly toUs: number
}

export function randomLog(random: Random, { fromUs, toUs }: LogRange): PlainLog {
  const pick = <Value>(values: readonly Value[]): Value =>
    values[random.below(values.length)] as Value
  const words = Array.from({ length: random.below(5) }, () => pick(WORDS))
  const attributes = new Map<string, AttributeValue>()
  for (let i = random.below(4); i > 0; i--) {
    const key = pick(KEYS)
    attributes.set(key, randomValue(key, random))
  }
  return {
    timeUs: randomTime(random, fromUs, toUs),
    subNs: random.below(3) === 0 ? random.below(1_000) : 0,
    severity: random.below(25),
    severityText: random.below(10) === 0 ? 'Odd' : '',
    service: pick(SERVICES),
    host: pick(HOSTS),
    file: random.below(4) === 0 ? '/var/log/a.log' : '',
    message: words.join(pick([' ', ': ', '-'])),
    traceId: random.below(3) === 0 ? hexId(random.below(20), 32) : '',
    spanId: random.below(3) === 0 ? hexId(random.below(20), 16) : '',
    attributes: [...attributes],
  }
}

/** Ids from a small set, so that several logs share one. */
export function hexId(number: number, digits: number): string {
  return (number + 1).toString(16).padStart(digits, 'a')
}

/** Times tie often: half of them are whole seconds. */
function randomTime(random: Random, fromUs: number, toUs: number): number | null {
  const kind = random.below(40)
  if (kind === 0) return null
  if (kind === 1) return fromUs - random.below(1_000) * 3_600_000_000
  if (kind === 2) return toUs + 7_200_000_000
  const timeUs = fromUs + Math.floor(random.unit() * (toUs - fromUs))
  return kind < 20 ? timeUs - (timeUs % 1_000_000) : timeUs
}

function randomValue(key: string, random: Random): AttributeValue {
  switch (key) {
    case 'status':
    case 'Status':
      return [200, '200', 404, 500.5, true, null, 'OK'][random.below(7)] as AttributeValue
    case 'user.id':
      return `u${random.below(6)}`
    case 'ratio':
      return random.below(3) === 0 ? random.below(100) : Math.round(random.unit() * 1_000) / 8
    case 'ok':
      return random.below(2) === 0
    case 'tags':
      return [['a', 'B'], [1, 'x'], []][random.below(3)] as AttributeValue
    default:
      return ['é', 'NOTE', 'note', ''][random.below(4)] as AttributeValue
  }
}
