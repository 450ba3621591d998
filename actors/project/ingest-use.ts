/**
 * How much of their quotas projects and keys use. Gateways count, and tell all processes of the
 * installation once a second; each adds up what it is told, so that any can be asked.
 */
import { z } from 'zod/v4'
import type { Channel, Coordination } from '#actors/coordination/coordination.ts'
import type { Cancel, Clock } from '#runtime/clock.ts'
import type { Amount } from './sender-quotas.ts'

/** In the words of the interface. */
export interface QuotaUse {
  /** Averages of the last minute. */
  readonly records_per_second: number
  readonly bytes_per_second: number
  /** In the last hour. */
  readonly refused_records: number
}

const CHANNEL: Channel = 'use'
const TELL_MS = 1_000
const SECONDS = 60
const MINUTES = 60
const MINUTE_MS = 60_000
const HOUR_MS = 3_600_000
/** Projects and keys that are counted; each takes 2 KB, and goes after an hour of silence. */
const COUNTED_MAX = 20_000

const count = z.number().min(0)
/** Project, key, records, bytes, refused records: of one second. */
const line = z.tuple([z.string(), z.string(), count, count, count])
type Line = z.output<typeof line>

interface Counts {
  records: number
  bytes: number
  refused: number
}

export class IngestUse {
  readonly #clock: Clock
  readonly #coordination: Pick<Coordination, 'publish' | 'subscribe'>
  readonly #pending = new Map<string, Counts>()
  readonly #windows = new Map<string, Window>()
  readonly #unsubscribe: () => void
  #cancel: Cancel | null = null

  constructor(coordination: Pick<Coordination, 'publish' | 'subscribe'>, clock: Clock) {
    this.#clock = clock
    this.#coordination = coordination
    this.#unsubscribe = coordination.subscribe(CHANNEL, message => this.#told(message))
  }

  took(projectId: string, keyId: string, { records, bytes }: Amount): void {
    const counts = this.#counts(projectId, keyId)
    counts.records += records
    counts.bytes += bytes
  }

  refused(projectId: string, keyId: string, { records }: Amount): void {
    this.#counts(projectId, keyId).refused += records
  }

  /** Of a project, or of one of its keys. */
  of(id: string): QuotaUse {
    const window = this.#windows.get(id)
    return (window ?? NOTHING).use(this.#clock.monotonicMs())
  }

  close(): void {
    this.#cancel?.()
    this.#unsubscribe()
  }

  #counts(projectId: string, keyId: string): Counts {
    const name = `${projectId} ${keyId}`
    let counts = this.#pending.get(name)
    if (counts === undefined) {
      counts = { records: 0, bytes: 0, refused: 0 }
      this.#pending.set(name, counts)
    }
    this.#cancel ??= this.#clock.after(TELL_MS, () => this.#tell())
    return counts
  }

  #tell(): void {
    this.#cancel = null
    const lines = [...this.#pending].map(([name, { records, bytes, refused }]): Line => {
      const [projectId = '', keyId = ''] = name.split(' ')
      return [projectId, keyId, records, bytes, refused]
    })
    this.#pending.clear()
    this.#coordination.publish(CHANNEL, Buffer.from(JSON.stringify(lines)))
  }

  #told(message: Uint8Array): void {
    const nowMs = this.#clock.monotonicMs()
    for (const [projectId, keyId, ...counts] of linesIn(message)) {
      for (const id of [projectId, keyId]) if (id !== '') this.#window(id).add(counts, nowMs)
    }
  }

  #window(id: string): Window {
    const known = this.#windows.get(id)
    if (known !== undefined) return known
    if (this.#windows.size >= COUNTED_MAX) this.#forgetSilent()
    const window = new Window()
    if (this.#windows.size < COUNTED_MAX) this.#windows.set(id, window)
    return window
  }

  #forgetSilent(): void {
    const nowMs = this.#clock.monotonicMs()
    for (const [id, { lastMs }] of this.#windows) {
      if (nowMs - lastMs > HOUR_MS) this.#windows.delete(id)
    }
  }
}

/** Slots of the last minute and of the last hour; a slot of another round counts as empty. */
class Window {
  lastMs = 0
  readonly #records = new Float64Array(SECONDS)
  readonly #bytes = new Float64Array(SECONDS)
  readonly #secondOf = new Float64Array(SECONDS).fill(-1)
  readonly #refused = new Float64Array(MINUTES)
  readonly #minuteOf = new Float64Array(MINUTES).fill(-1)

  add([records, bytes, refused]: readonly [number, number, number], nowMs: number): void {
    this.lastMs = nowMs
    const second = Math.floor(nowMs / TELL_MS)
    const at = second % SECONDS
    if (this.#secondOf[at] !== second) {
      this.#records[at] = 0
      this.#bytes[at] = 0
      this.#secondOf[at] = second
    }
    this.#records[at] = (this.#records[at] as number) + records
    this.#bytes[at] = (this.#bytes[at] as number) + bytes
    const minute = Math.floor(nowMs / MINUTE_MS)
    const place = minute % MINUTES
    if (this.#minuteOf[place] !== minute) {
      this.#refused[place] = 0
      this.#minuteOf[place] = minute
    }
    this.#refused[place] = (this.#refused[place] as number) + refused
  }

  use(nowMs: number): QuotaUse {
    const since = Math.floor(nowMs / TELL_MS) - SECONDS
    const sinceMinute = Math.floor(nowMs / MINUTE_MS) - MINUTES
    const perSecond = (slots: Float64Array): number =>
      Math.round(sum(slots, this.#secondOf, since) / SECONDS)
    return {
      records_per_second: perSecond(this.#records),
      bytes_per_second: perSecond(this.#bytes),
      refused_records: sum(this.#refused, this.#minuteOf, sinceMinute),
    }
  }
}

const NOTHING = new Window()

function sum(slots: Float64Array, times: Float64Array, after: number): number {
  let total = 0
  for (let at = 0; at < slots.length; at++) {
    if ((times[at] as number) > after) total += slots[at] as number
  }
  return total
}

/** Hints come from processes of other versions, too: what is none is passed over. */
function linesIn(message: Uint8Array): readonly Line[] {
  try {
    const lines = z.array(line).safeParse(JSON.parse(Buffer.from(message).toString()))
    return lines.data ?? []
  } catch {
    return []
  }
}
