/** Rows that look like those of a shop with five services; the same seed gives the same rows. */
import type { Json, Level, Row } from '#proto/api.ts'

const BASE32HEX = '0123456789abcdefghijklmnopqrstuv'
const ID_CHARS = 28

interface Context {
  readonly below: (count: number) => number
  readonly pick: <T>(list: readonly T[]) => T
  readonly hex: (chars: number) => string
}

type Template = (context: Context) => readonly [string, Readonly<Record<string, Json>>]

const TEMPLATES: Readonly<Record<string, Readonly<Partial<Record<Level, readonly Template[]>>>>> = {
  'payment-service': {
    INFO: [
      ({ below }) => {
        const order = 10_000 + below(90_000)
        const ms = 20 + below(400)
        return [
          `Payment completed for order order_${order} in ${ms} ms`,
          { order_id: `order_${order}`, duration_ms: ms, status: 200, currency: 'EUR' },
        ]
      },
      ({ below }) => [
        `Refund of ${below(200)}.${10 + below(89)} EUR issued`,
        { status: 200, user_id: `u${below(9000)}` },
      ],
    ],
    WARN: [
      ({ below }) => [
        `Slow answer from bank-gateway: ${900 + below(2000)} ms, budget 800 ms`,
        { duration_ms: 900 + below(2000), upstream: 'bank-gateway' },
      ],
    ],
    ERROR: [
      ({ below, pick }) => [
        `Card declined for order order_${10_000 + below(90_000)}: ${pick(['insufficient funds', 'expired card', 'issuer timeout'])}`,
        { status: 402, attempt: 1 + below(3), 'exception.type': 'CardDeclined' },
      ],
      () => [
        'Unhandled exception in PaymentHandler: connection reset by peer',
        {
          status: 500,
          'exception.type': 'ConnectionResetError',
          'exception.stacktrace':
            'ConnectionResetError: connection reset by peer\n    at Socket.onEnd (/srv/payment/src/bank-client.ts:118:11)\n    at PaymentHandler.charge (/srv/payment/src/payment-handler.ts:64:20)\n    at async Router.handle (/srv/payment/src/router.ts:31:5)',
        },
      ],
    ],
    FATAL: [() => ['Out of file descriptors, shutting down', { open_files: 65_536 }]],
  },
  'auth-service': {
    DEBUG: [({ hex }) => [`Session cache hit for ${hex(12)}`, { ttl_s: 3600 }]],
    INFO: [
      ({ below, pick }) => [
        `User u${below(9000)} signed in from ${pick(['DE', 'FR', 'US', 'JP'])}`,
        { method: pick(['password', 'passkey', 'sso']), status: 200 },
      ],
    ],
    WARN: [
      ({ below }) => [`Rate limit reached for 10.0.${below(255)}.${below(255)}`, { status: 429 }],
    ],
    ERROR: [
      ({ below }) => [`Token of user u${below(9000)} could not be verified`, { status: 401 }],
    ],
  },
  'user-service': {
    DEBUG: [
      ({ below }) => [`select profile rows=${below(40)} plan=index_scan`, { pool: below(32) }],
    ],
    INFO: [
      ({ below }) => [
        `Profile of u${below(9000)} updated`,
        { fields: ['email', 'address'], duration_ms: below(80), status: 200 },
      ],
    ],
    ERROR: [
      ({ below }) => [
        `Failed to store profile u${below(9000)}: deadline exceeded`,
        { status: 503 },
      ],
    ],
  },
  'order-service': {
    INFO: [
      ({ below }) => [
        `Order order_${10_000 + below(90_000)} placed with ${1 + below(9)} items`,
        { items: 1 + below(9), total: below(30_000) / 100, express: below(4) === 0 },
      ],
      ({ below, hex }) => [
        `Published order.placed to partition ${below(24)} offset ${below(1e9)}`,
        { message_key: hex(8) },
      ],
    ],
    WARN: [
      ({ below }) => [
        `Retrying shipment request, attempt ${2 + below(3)} of 5`,
        { backoff_ms: below(8000) },
      ],
    ],
    ERROR: [
      ({ below }) => [
        `Order order_${10_000 + below(90_000)} timed out waiting for stock`,
        { status: 504 },
      ],
    ],
  },
  'inventory-service': {
    TRACE: [({ hex }) => [`lock acquired key=stock:${hex(6)}`, {}]],
    DEBUG: [({ below }) => [`Reindexed ${below(500)} items`, { duration_ms: below(900) }]],
    INFO: [
      ({ below, hex }) => [
        `Reserved ${1 + below(5)} × sku-${hex(5)}`,
        { warehouse: `w${below(6)}` },
      ],
    ],
    WARN: [
      ({ below, hex }) => [`Stock of sku-${hex(5)} is low: ${below(4)} left`, { threshold: 5 }],
    ],
  },
}

const SERVICES = Object.keys(TEMPLATES)
const LEVEL_WEIGHTS: readonly (readonly [Level, number])[] = [
  ['INFO', 700],
  ['DEBUG', 140],
  ['WARN', 95],
  ['ERROR', 48],
  ['TRACE', 15],
  ['FATAL', 2],
]

/** Makes rows one after the other; identity and content depend on the seed alone. */
export class FakeData {
  #state: number
  #number = 0

  constructor(seed: number) {
    this.#state = seed >>> 0 || 1
  }

  /** One row of that event time, received `delayMs` later. */
  row(timeMs: number, options: { readonly level?: Level; readonly delayMs?: number } = {}): Row {
    const service = SERVICES[this.#skewed(SERVICES.length)] as string
    const { level, template } = this.#template(service, options.level)
    const [message, attributes] = template(this.#context)
    const traced = this.#below(2) === 0
    const delayMs = options.delayMs ?? 5 + this.#below(90)
    return {
      time: `${new Date(timeMs).toISOString().slice(0, 23)}${String(this.#below(1000)).padStart(3, '0')}Z`,
      level,
      service,
      host: `node-${String(1 + this.#below(12)).padStart(2, '0')}`,
      message,
      trace_id: traced ? this.#hex(32) : null,
      span_id: traced ? this.#hex(16) : null,
      attributes,
      ingested_at: `${new Date(timeMs + delayMs).toISOString().slice(0, 23)}000Z`,
      file: this.#below(3) === 0 ? `/var/log/${service}.log` : '',
      pattern_id: null,
      id: fakeId(this.#number++),
    }
  }

  /** Rows over [fromMs, toMs), oldest first, with a bad quarter of an hour in the middle. */
  history(count: number, fromMs: number, toMs: number): Row[] {
    const badMs = fromMs + (toMs - fromMs) * 0.62
    return Array.from({ length: count }, (_, index) => {
      const timeMs = Math.floor(fromMs + ((index + this.#unit()) / count) * (toMs - fromMs))
      const bad = Math.abs(timeMs - badMs) < (toMs - fromMs) / 96 && this.#below(3) === 0
      return this.row(timeMs, bad ? { level: 'ERROR' } : {})
    })
  }

  readonly #context: Context = {
    below: count => this.#below(count),
    pick: list => list[this.#below(list.length)] as (typeof list)[number],
    hex: chars => this.#hex(chars),
  }

  #template(service: string, wanted?: Level): { level: Level; template: Template } {
    const own = TEMPLATES[service] ?? {}
    const level = wanted ?? this.#level()
    const list = own[level]
    const chosen = list ?? own.INFO ?? []
    const template = chosen[this.#below(chosen.length)] as Template
    return { level: list === undefined ? 'INFO' : level, template }
  }

  #level(): Level {
    let at = this.#below(LEVEL_WEIGHTS.reduce((sum, [, weight]) => sum + weight, 0))
    for (const [level, weight] of LEVEL_WEIGHTS) {
      if (at < weight) return level
      at -= weight
    }
    return 'INFO'
  }

  #hex(chars: number): string {
    return Array.from({ length: chars }, () => this.#below(16).toString(16)).join('')
  }

  #skewed(count: number): number {
    return Math.floor(this.#unit() ** 1.5 * count)
  }

  #below(count: number): number {
    return Math.floor(this.#unit() * count)
  }

  /** mulberry32 */
  #unit(): number {
    this.#state = (this.#state + 0x6d2b79f5) >>> 0
    let t = this.#state
    t = Math.imul(t ^ (t >>> 15), t | 1)
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61)
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32
  }
}

/** An id of the right form that sorts like its number. */
export function fakeId(number: number): string {
  let text = ''
  for (let rest = number; rest > 0; rest = Math.floor(rest / 32)) text = BASE32HEX[rest % 32] + text
  return text.padStart(ID_CHARS, '0')
}
