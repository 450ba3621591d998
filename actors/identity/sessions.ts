/**
 * How people come in until there are accounts: the administrator's token, tickets that sign a
 * browser in once, and the sessions these open.
 */
import { timingSafeEqual } from 'node:crypto'
import type { Catalog } from '#actors/catalog/catalog.ts'
import type { Clock } from '#runtime/clock.ts'
import type { Random } from '#runtime/random.ts'
import { sha256 } from './project-key.ts'

export interface SessionsOptions {
  readonly catalog: Pick<Catalog, 'createSession' | 'session' | 'deleteSession'>
  readonly clock: Clock
  readonly random: Random
  /** What stands in `<data>/admin.token`. */
  readonly adminToken: string
}

export interface Session {
  readonly role: 'administrator'
  readonly expiresAtUs: number
}

const SESSION_US = 7 * 86_400_000_000
const TICKET_MS = 15 * 60_000
/** Links that were printed but not used. */
const TICKETS_MAX = 100
/** A session is asked for with every request; the catalog is asked at most this often. */
const CACHED_MS = 5_000
const CACHE_MAX = 1_000
const TOKEN_BYTES = 32

export class Sessions {
  readonly #options: SessionsOptions
  readonly #adminHash: Uint8Array
  readonly #tickets = new Map<string, number>()
  readonly #cache = new Map<string, { readonly session: Session; readonly readAtMs: number }>()

  constructor(options: SessionsOptions) {
    this.#options = options
    this.#adminHash = sha256(options.adminToken)
  }

  isAdminToken(token: string): boolean {
    return timingSafeEqual(sha256(token), this.#adminHash)
  }

  /** A word that opens one session within a quarter of an hour. */
  issueTicket(): string {
    const ticket = this.#randomText()
    this.#tickets.set(ticket, this.#options.clock.monotonicMs() + TICKET_MS)
    const oldest = this.#tickets.keys().next()
    if (this.#tickets.size > TICKETS_MAX && oldest.done !== true) this.#tickets.delete(oldest.value)
    return ticket
  }

  /** true once per ticket. */
  redeemTicket(ticket: string): boolean {
    const expiresMs = this.#tickets.get(ticket)
    this.#tickets.delete(ticket)
    return expiresMs !== undefined && expiresMs > this.#options.clock.monotonicMs()
  }

  /** Answers the token for the cookie; only its hash is stored. */
  async open(): Promise<{ readonly token: string; readonly expiresAtUs: number }> {
    const token = this.#randomText()
    const createdAtUs = this.#options.clock.nowUs()
    const expiresAtUs = createdAtUs + SESSION_US
    await this.#options.catalog.createSession({
      tokenSha256: sha256(token),
      role: 'administrator',
      createdAtUs,
      expiresAtUs,
    })
    return { token, expiresAtUs }
  }

  async find(token: string): Promise<Session | null> {
    const { clock, catalog } = this.#options
    const hash = sha256(token)
    const name = Buffer.from(hash).toString('base64url')
    const cached = this.#cache.get(name)
    const fresh = cached !== undefined && clock.monotonicMs() - cached.readAtMs < CACHED_MS
    const session = fresh ? cached.session : await catalog.session(hash)
    if (session === null || session.expiresAtUs <= clock.nowUs()) {
      this.#cache.delete(name)
      return null
    }
    if (!fresh) {
      if (this.#cache.size >= CACHE_MAX) this.#cache.clear()
      this.#cache.set(name, { session, readAtMs: clock.monotonicMs() })
    }
    return session
  }

  async close(token: string): Promise<void> {
    const hash = sha256(token)
    this.#cache.delete(Buffer.from(hash).toString('base64url'))
    await this.#options.catalog.deleteSession(hash)
  }

  #randomText(): string {
    return Buffer.from(this.#options.random.bytes(TOKEN_BYTES)).toString('base64url')
  }
}
