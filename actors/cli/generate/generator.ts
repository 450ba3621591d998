/** Realistic, repeatable logs of five services whose requests are connected by trace ids. */
import type { Level } from '#proto/api.ts'
import { formatTime } from '#proto/time.ts'
import type { Random } from '#runtime/random.ts'
import { LEVEL_SHARES, SERVICES, type ServiceName, TEMPLATES } from './templates.ts'

export interface GeneratedLog {
  readonly timeUs: number
  readonly level: Level
  readonly service: ServiceName
  readonly host: string
  readonly message: string
  readonly traceId: string
  readonly spanId: string
  readonly attributes: Readonly<Record<string, string | number>>
}

export interface GeneratorOptions {
  readonly random: Random
  /** Names out of SERVICES; all unless given. */
  readonly services?: readonly ServiceName[]
}

/** One request on its way through the services. */
interface Journey {
  readonly traceId: string
  readonly user: string
  readonly order: string
  stepsLeft: number
}

/** Requests that are under way at the same time, so that traces interleave as in life. */
const JOURNEYS = 16
const HOSTS_PER_SERVICE = 3
const GATEWAYS = ['stripe-eu', 'adyen-live', 'bank-gateway']
const PLANS = ['free', 'team', 'business']
const METHODS = ['GET', 'GET', 'GET', 'POST', 'PUT', 'DELETE']
const STATUSES: Readonly<Record<string, readonly number[]>> = {
  ERROR: [500, 502, 503, 504],
  WARN: [400, 404, 409, 429],
  OTHER: [200, 200, 200, 201, 204],
}

/** The same seed and services give the same logs, apart from the times that the caller chooses. */
export class LogGenerator {
  readonly #random: Random
  readonly #services: readonly ServiceName[]
  readonly #journeys: Journey[]

  constructor({ random, services = SERVICES }: GeneratorOptions) {
    this.#random = random
    this.#services = services
    this.#journeys = Array.from({ length: JOURNEYS }, () => this.#start())
  }

  next(timeUs: number): GeneratedLog {
    const journey = this.#step()
    const service = this.#pick(this.#services)
    const level = this.#level()
    const durationMs = Math.round(this.#longTail(5, 30_000) * 10) / 10
    const template = this.#pick(TEMPLATES[service][level as keyof (typeof TEMPLATES)[ServiceName]])
    return {
      timeUs,
      level,
      service,
      host: `${service.replace('-service', '')}-${1 + this.#random.below(HOSTS_PER_SERVICE)}`,
      message: template.replace(/\{(\w+)\}/g, (_, name: string) =>
        this.#fill(name, journey, durationMs),
      ),
      traceId: journey.traceId,
      spanId: this.#hex(16),
      attributes: {
        duration_ms: durationMs,
        status: this.#pick(STATUSES[level] ?? (STATUSES['OTHER'] as readonly number[])),
        method: this.#pick(METHODS),
        user_id: journey.user,
        order_id: journey.order,
      },
    }
  }

  #step(): Journey {
    const at = this.#random.below(JOURNEYS)
    const journey = this.#journeys[at] as Journey
    journey.stepsLeft--
    if (journey.stepsLeft === 0) this.#journeys[at] = this.#start()
    return journey
  }

  #start(): Journey {
    return {
      traceId: this.#hex(32),
      user: `u${String(this.#random.below(100_000)).padStart(6, '0')}`,
      order: `order_${10_000 + this.#random.below(90_000)}`,
      stepsLeft: 3 + this.#random.below(8),
    }
  }

  #level(): Level {
    let percent = this.#random.below(100)
    for (const [level, share] of LEVEL_SHARES) {
      if (percent < share) return level
      percent -= share
    }
    return 'INFO'
  }

  #fill(name: string, journey: Journey, durationMs: number): string {
    const random = this.#random
    switch (name) {
      case 'order':
        return journey.order
      case 'user':
        return journey.user
      case 'ms':
        return String(Math.round(durationMs))
      case 'amount':
        return `${1 + random.below(900)}.${String(random.below(100)).padStart(2, '0')}`
      case 'ip':
        return `10.${random.below(256)}.${random.below(256)}.${1 + random.below(254)}`
      case 'hex':
        return this.#hex(12)
      case 'id':
        return String(100_000 + random.below(900_000))
      case 'sku':
        return `SKU-${1000 + random.below(9000)}`
      case 'host':
        return `ldap-${1 + random.below(4)}`
      case 'gateway':
        return this.#pick(GATEWAYS)
      case 'plan':
        return this.#pick(PLANS)
      case 'shard':
        return String(1 + random.below(16))
      case 'attempt':
        return String(1 + random.below(5))
      case 'code':
        return String(10 + random.below(90))
      default:
        return String(1 + random.below(name === 'score' ? 100 : 500))
    }
  }

  /** Most values near `base`, few far above: durations look like this. */
  #longTail(base: number, max: number): number {
    return Math.min(max, base / (1 - this.#random.unit()))
  }

  #hex(digits: number): string {
    let text = ''
    while (text.length < digits) text += this.#random.uint32().toString(16).padStart(8, '0')
    return text.slice(0, digits)
  }

  #pick<Item>(items: readonly Item[]): Item {
    return items[this.#random.below(items.length)] as Item
  }
}

/** `2025-10-23 14:32:15 INFO [payment-service] Payment completed for order order_45231` (UTC). */
export function formatText(log: GeneratedLog): string {
  const seconds = formatTime(Math.floor(log.timeUs / 1_000_000) * 1_000_000, 0)
  const stamp = `${seconds.slice(0, 10)} ${seconds.slice(11, 19)}`
  return `${stamp} ${log.level} [${log.service}] ${log.message}`
}

/** One JSON line with everything a log carries. */
export function formatJson(log: GeneratedLog): string {
  return JSON.stringify({
    timestamp: formatTime(log.timeUs, 0),
    level: log.level,
    service: log.service,
    host: log.host,
    message: log.message,
    trace_id: log.traceId,
    span_id: log.spanId,
    ...log.attributes,
  })
}
