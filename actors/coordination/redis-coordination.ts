/**
 * Coordination through Redis. One connection publishes and counts, another listens. Nothing waits
 * for a Redis that is away: what is published meanwhile is lost, which is what a hint may be.
 */
import { Redis, type RedisOptions } from 'ioredis'
import type { Cancel, Clock } from '#runtime/clock.ts'
import type { Channel, Coordination, SharedAmount } from './coordination.ts'
import { SPEND_SCRIPT } from './shared-bucket.ts'

type Receive = (message: Uint8Array) => void

export interface RedisCoordinationOptions {
  /** redis://user:password@host:port/database */
  readonly url: string
  /** Before every key and channel; keeps several installations on one Redis apart. */
  readonly prefix: string
  /** Told once each time Redis goes away, without the address: it may hold a password. */
  readonly onAway: (reason: string) => void
  readonly clock: Clock
}

const CONNECT_TIMEOUT_MS = 2_000
/** An answer that takes longer is none: the caller goes on alone. */
const COMMAND_TIMEOUT_MS = 500
const RETRY_MS_MAX = 1_000
/** Connections that stay silent for longer are tested, so that a lost machine is noticed. */
const KEEP_ALIVE_MS = 5_000
/** Both connections are asked so often whether anybody is there, so that a hang is noticed. */
const BEAT_MS = 1_000

const CONNECTION = {
  connectTimeout: CONNECT_TIMEOUT_MS,
  commandTimeout: COMMAND_TIMEOUT_MS,
  keepAlive: KEEP_ALIVE_MS,
  // A command on a connection that is away fails at once instead of waiting for it.
  enableOfflineQueue: false,
  maxRetriesPerRequest: 0,
  retryStrategy: (attempt: number) => Math.min(RETRY_MS_MAX, 50 * 2 ** Math.min(attempt, 10)),
} satisfies RedisOptions

interface SpendingRedis extends Redis {
  spend(bucket: string, ...amounts: string[]): Promise<string[]>
}

export class RedisCoordination implements Coordination {
  readonly #options: RedisCoordinationOptions
  readonly #commands: SpendingRedis
  readonly #listener: Redis
  readonly #subscribers = new Map<string, Set<Receive>>()
  #counts = { published: 0, unpublished: 0, received: 0, spent: 0, unspent: 0, lost: 0 }
  #closed = false
  #isSilent = false
  #isTold = false
  #cancelBeat: Cancel

  constructor(options: RedisCoordinationOptions) {
    this.#options = options
    const commands = new Redis(options.url, CONNECTION)
    commands.defineCommand('spend', { numberOfKeys: 1, lua: SPEND_SCRIPT })
    this.#commands = commands as SpendingRedis
    // Subscriptions are made again by the client itself; a silent channel has no command to time.
    this.#listener = new Redis(options.url, { ...CONNECTION, autoResubscribe: true })
    this.#listener.on('messageBuffer', (channel: Buffer, message: Buffer) => {
      this.#receive(channel.toString(), message)
    })
    this.#listener.on('ready', () => this.#subscribeAll())
    for (const connection of [this.#commands, this.#listener]) this.#watch(connection)
    this.#cancelBeat = options.clock.after(BEAT_MS, () => void this.#beat())
  }

  get isAway(): boolean {
    return this.#isSilent || !this.#isConnected
  }

  publish(channel: Channel, message: Uint8Array): void {
    const bytes = Buffer.from(message.buffer, message.byteOffset, message.length)
    this.#commands.publish(this.#name(channel), bytes).then(
      () => this.#counts.published++,
      () => this.#counts.unpublished++,
    )
  }

  subscribe(channel: Channel, receive: Receive): () => void {
    const name = this.#name(channel)
    const others = this.#subscribers.get(name) ?? new Set()
    this.#subscribers.set(name, others.add(receive))
    if (others.size === 1 && this.#listener.status === 'ready') this.#subscribeAll()
    return () => {
      others.delete(receive)
      if (others.size > 0 || !this.#subscribers.delete(name)) return
      this.#listener.unsubscribe(name).catch(() => undefined)
    }
  }

  async spend(bucket: string, amounts: readonly SharedAmount[]): Promise<readonly number[] | null> {
    try {
      const values = amounts.flatMap(({ rate, amount }) => [String(rate), String(amount)])
      const levels = await this.#commands.spend(this.#name(`bucket:${bucket}`), ...values)
      this.#counts.spent++
      return levels.map(Number)
    } catch {
      this.#counts.unspent++
      return null
    }
  }

  keep(key: string, copy: Uint8Array, ttlMs: number): void {
    if (this.isAway) return
    const bytes = Buffer.from(copy.buffer, copy.byteOffset, copy.length)
    // One that is not kept is asked of the catalog.
    this.#commands.set(this.#name(`copy:${key}`), bytes, 'PX', ttlMs).catch(() => undefined)
  }

  async kept(key: string): Promise<Uint8Array | null> {
    if (this.isAway) return null
    return await this.#commands.getBuffer(this.#name(`copy:${key}`)).catch(() => null)
  }

  async claim(key: string, ttlMs: number): Promise<boolean> {
    if (this.isAway) return true
    const name = this.#name(`claim:${key}`)
    const answer = await this.#commands.set(name, '', 'PX', ttlMs, 'NX').catch(() => 'OK')
    return answer === 'OK'
  }

  observe(): Record<string, unknown> {
    return { kind: 'redis', isAway: this.isAway, ...this.#counts }
  }

  async close(): Promise<void> {
    this.#closed = true
    this.#cancelBeat()
    this.#commands.disconnect()
    this.#listener.disconnect()
  }

  get #isConnected(): boolean {
    return this.#commands.status === 'ready' && this.#listener.status === 'ready'
  }

  async #beat(): Promise<void> {
    try {
      await Promise.all([this.#commands.ping(), this.#listener.ping()])
      this.#isSilent = false
      this.#isTold = false
    } catch (error) {
      this.#isSilent = true
      if (this.#isConnected) this.#tellAway((error as Error).message)
    }
    if (this.#closed) return
    this.#cancelBeat = this.#options.clock.after(BEAT_MS, () => void this.#beat())
  }

  #name(key: string): string {
    return `${this.#options.prefix}:${key}`
  }

  #subscribeAll(): void {
    const names = [...this.#subscribers.keys()]
    if (names.length > 0) this.#listener.subscribe(...names).catch(() => undefined)
  }

  #receive(name: string, message: Uint8Array): void {
    this.#counts.received++
    for (const receive of this.#subscribers.get(name) ?? []) receive(message)
  }

  /** Without a listener an error would end the process; the client tries again by itself. */
  #watch(connection: Redis): void {
    let reason = 'the connection was closed'
    connection.on('error', (error: Error) => {
      reason = error.message
    })
    connection.on('close', () => {
      if (this.#closed) return
      this.#counts.lost++
      this.#tellAway(reason)
    })
  }

  /** Both connections break, and each try to connect again ends as a break does: told once. */
  #tellAway(reason: string): void {
    if (this.#isTold || this.#closed) return
    this.#isTold = true
    this.#options.onAway(reason)
  }
}
