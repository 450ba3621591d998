/**
 * Decides who may come in, without asking the catalog each time: verified keys are kept for at most
 * five minutes, and for as long the catalog may be away. A change of the catalog is noticed by its
 * version within half a second, and whoever holds a revoked key is told.
 */
import type { Catalog, StoredKey } from '#actors/catalog/catalog.ts'
import type { KeyScope } from '#proto/api.ts'
import type { Cancel, Clock } from '#runtime/clock.ts'
import { isKeyId, matchesSecret, parseKey } from './project-key.ts'

export interface VerifiedKey {
  readonly keyId: string
  readonly projectId: string
  readonly scopes: readonly KeyScope[]
  /** Limits of the project, 0 = none. */
  readonly recordsPerSecond: number
  readonly bytesPerSecond: number
  /** Limits of the key alone. */
  readonly own: { readonly recordsPerSecond: number; readonly bytesPerSecond: number }
  /** Of the project, for times that name none. */
  readonly timeZone: string
  /** JSON Schema of the project's records; null = none. */
  readonly recordSchema: string | null
}

interface NoKey {
  readonly type: 'unknown' | 'revoked' | 'expired' | 'unavailable'
}
export type KeyVerdict = { readonly type: 'verified'; readonly key: VerifiedKey } | NoKey
/** `secret`: what requests are signed with. */
export type SigningVerdict =
  | { readonly type: 'verified'; readonly key: VerifiedKey; readonly secret: Uint8Array }
  | NoKey

/** Told when a key that was verified stops being good, or what it is held to changes. */
export interface KeyWatcher {
  revoked(keyId: string): void
  changed?(key: VerifiedKey): void
  /** Something that the catalog holds is another than at the last look. Rejects = tell me again. */
  catalogChanged?(): Promise<void>
}

export interface KeyCacheOptions {
  readonly catalog: Pick<Catalog, 'key' | 'version' | 'touchKeys'>
  readonly clock: Clock
  readonly watcher: KeyWatcher
  /** Opens the secret of a signing key; null = it was sealed under another key. */
  readonly unseal: (sealed: Uint8Array) => Uint8Array | null
}

interface Entry {
  readonly stored: StoredKey
  readonly readAtMs: number
}

const POLL_MS = 500
const KEPT_MS = 5 * 60_000
/** Strangers may try this many ids before the oldest answer is forgotten. */
const UNKNOWN_MAX = 10_000
const UNKNOWN_KEPT_MS = 5_000
const TOUCH_MS = 10_000

export class KeyCache {
  readonly #options: KeyCacheOptions
  readonly #entries = new Map<string, Entry>()
  readonly #unknown = new Map<string, number>()
  readonly #used = new Map<string, number>()
  #version = -1
  /** When the catalog last said that nothing had changed since the keys were read. */
  #confirmedAtMs = -Infinity
  #polling: Promise<void> | null = null
  #cancelPoll: Cancel
  #touchedAtMs: number
  #closed = false

  constructor(options: KeyCacheOptions) {
    this.#options = options
    this.#touchedAtMs = options.clock.monotonicMs()
    this.#cancelPoll = options.clock.after(POLL_MS, () => this.#tick())
  }

  async verify(text: string): Promise<KeyVerdict> {
    const parsed = parseKey(text)
    if (parsed === null) return { type: 'unknown' }
    const stored = await this.#find(parsed.id)
    if (stored === 'unavailable') return { type: 'unavailable' }
    if (stored === null || stored.sealedSecret !== null) return { type: 'unknown' }
    if (!matchesSecret(parsed.secret, stored.secretSha256)) return { type: 'unknown' }
    return this.#judged(stored)
  }

  /** The signing key of this id, whoever asks: the signature has to be checked by its secret. */
  async signing(keyId: string): Promise<SigningVerdict> {
    if (!isKeyId(keyId)) return { type: 'unknown' }
    const stored = await this.#find(keyId)
    if (stored === 'unavailable') return { type: 'unavailable' }
    const secret = stored?.sealedSecret ? this.#options.unseal(stored.sealedSecret) : null
    if (stored === null || secret === null) return { type: 'unknown' }
    const verdict = this.#judged(stored)
    return verdict.type === 'verified' ? { ...verdict, secret } : verdict
  }

  #judged(stored: StoredKey): KeyVerdict {
    const state = this.#stateOf(stored)
    if (state !== 'good') return { type: state }
    this.#used.set(stored.id, this.#options.clock.nowUs())
    return { type: 'verified', key: verified(stored) }
  }

  /** Reads the version now: after a change of our own nobody has to wait for the poll. */
  async refresh(): Promise<void> {
    // One that is under way may have looked before the change.
    await this.#polling
    await this.#pollOnce()
  }

  observe(): Record<string, unknown> {
    return { keys: this.#entries.size, unknown: this.#unknown.size, version: this.#version }
  }

  async close(): Promise<void> {
    this.#closed = true
    this.#cancelPoll()
    await this.#polling
    await this.#touch()
  }

  async #find(id: string): Promise<StoredKey | null | 'unavailable'> {
    const nowMs = this.#options.clock.monotonicMs()
    const entry = this.#entries.get(id)
    if (entry !== undefined && this.#isKept(entry, nowMs)) return entry.stored
    if (nowMs - (this.#unknown.get(id) ?? -Infinity) < UNKNOWN_KEPT_MS) return null
    try {
      const stored = await this.#read(id)
      if (stored === null) this.#remember(id, nowMs)
      else this.#entries.set(id, { stored, readAtMs: nowMs })
      return stored
    } catch {
      return 'unavailable'
    }
  }

  /** Again if a poll saw a change meanwhile: what was read may be from before it. */
  async #read(id: string): Promise<StoredKey | null> {
    for (;;) {
      const version = this.#version
      const stored = await this.#options.catalog.key(id)
      if (version === this.#version) return stored
    }
  }

  #remember(id: string, nowMs: number): void {
    this.#unknown.delete(id)
    this.#unknown.set(id, nowMs)
    const oldest = this.#unknown.keys().next()
    if (this.#unknown.size > UNKNOWN_MAX && oldest.done !== true) this.#unknown.delete(oldest.value)
  }

  #stateOf(stored: StoredKey): 'good' | 'revoked' | 'expired' {
    if (stored.revoked) return 'revoked'
    const { expiresAtUs } = stored
    return expiresAtUs !== null && expiresAtUs <= this.#options.clock.nowUs() ? 'expired' : 'good'
  }

  #tick(): void {
    void this.#pollOnce().finally(() => {
      if (!this.#closed) this.#cancelPoll = this.#options.clock.after(POLL_MS, () => this.#tick())
    })
  }

  #pollOnce(): Promise<void> {
    this.#polling ??= this.#poll().finally(() => {
      this.#polling = null
    })
    return this.#polling
  }

  async #poll(): Promise<void> {
    const { catalog, clock, watcher } = this.#options
    const startMs = clock.monotonicMs()
    this.#dropBad()
    try {
      const version = await catalog.version()
      const changed = version !== this.#version
      if (changed) this.#unknown.clear()
      for (const [id, entry] of this.#entries) {
        if (changed || startMs - entry.readAtMs >= KEPT_MS) await this.#readAgain(id, entry)
      }
      this.#confirmedAtMs = startMs
      if (changed) await watcher.catalogChanged?.()
      this.#version = version
      if (clock.monotonicMs() - this.#touchedAtMs >= TOUCH_MS) await this.#touch()
    } catch {
      // The catalog is away: what it said last is good for five minutes.
    }
    this.#dropBad()
  }

  #dropBad(): void {
    const nowMs = this.#options.clock.monotonicMs()
    for (const [id, entry] of this.#entries) {
      if (!this.#isKept(entry, nowMs) || this.#stateOf(entry.stored) !== 'good') this.#drop(id)
    }
  }

  /** Read, or confirmed by an unchanged version, within the last five minutes. */
  #isKept({ readAtMs }: Entry, nowMs: number): boolean {
    return nowMs - Math.max(readAtMs, this.#confirmedAtMs) < KEPT_MS
  }

  async #readAgain(id: string, { stored }: Entry): Promise<void> {
    const { catalog, clock, watcher } = this.#options
    const fresh = await catalog.key(id)
    if (fresh === null || this.#stateOf(fresh) !== 'good') {
      this.#drop(id)
      return
    }
    this.#entries.set(id, { stored: fresh, readAtMs: clock.monotonicMs() })
    if (differ(stored, fresh)) watcher.changed?.(verified(fresh))
  }

  #drop(id: string): void {
    this.#entries.delete(id)
    this.#options.watcher.revoked(id)
  }

  async #touch(): Promise<void> {
    const used = new Map(this.#used)
    this.#used.clear()
    this.#touchedAtMs = this.#options.clock.monotonicMs()
    if (used.size > 0) await this.#options.catalog.touchKeys(used).catch(() => undefined)
  }
}

function verified(stored: StoredKey): VerifiedKey {
  return {
    keyId: stored.id,
    projectId: stored.projectId,
    scopes: stored.scopes,
    recordsPerSecond: stored.recordsPerSecond,
    bytesPerSecond: stored.bytesPerSecond,
    own: {
      recordsPerSecond: stored.ownRecordsPerSecond,
      bytesPerSecond: stored.ownBytesPerSecond,
    },
    timeZone: stored.timeZone,
    recordSchema: stored.recordSchema,
  }
}

/** Whether streams that a key opened have to be told. */
function differ(a: StoredKey, b: StoredKey): boolean {
  return HELD_TO.some(name => a[name] !== b[name])
}

const HELD_TO = [
  'recordsPerSecond',
  'bytesPerSecond',
  'ownRecordsPerSecond',
  'ownBytesPerSecond',
  'timeZone',
  'recordSchema',
] as const
