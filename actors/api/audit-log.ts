/**
 * Who did what. Changes are written before they are answered; searches a moment later, several at
 * once, so that none waits for it. While the catalog is away entries wait, up to a number.
 */
import type { AuditEntries, NewAuditEntry } from '#actors/catalog/audit-entries.ts'
import type { SystemConfig } from '#proto/people.ts'
import type { Cancel, Clock } from '#runtime/clock.ts'

export interface AuditLogOptions {
  readonly entries: AuditEntries
  readonly clock: Clock
  readonly settings: () => Pick<SystemConfig, 'audit_days' | 'audit_searches'>
  readonly onFault: (error: Error, where: string) => void
}

const WRITE_INTERVAL_MS = 1_000
const PRUNE_INTERVAL_MS = 3_600_000
const WAITING_MAX = 10_000
const DAY_US = 86_400_000_000

export class AuditLog {
  readonly #options: AuditLogOptions
  #waiting: NewAuditEntry[] = []
  #lost = 0
  #writing: Promise<void> | null = null
  #cancelWrite: Cancel | null = null
  #cancelPrune: Cancel

  constructor(options: AuditLogOptions) {
    this.#options = options
    this.#cancelPrune = options.clock.after(PRUNE_INTERVAL_MS, () => void this.#prune())
  }

  /** A change: settles once it is written, or could not be. */
  async changed(entry: Omit<NewAuditEntry, 'atUs'>): Promise<void> {
    this.#push(entry)
    await this.flush()
  }

  /** A look at logs, where the settings ask for it. */
  searched(entry: () => Omit<NewAuditEntry, 'atUs'>): void {
    if (!this.#options.settings().audit_searches) return
    this.#push(entry())
    this.#later()
  }

  /** An attempt that failed: whoever tries waits for nothing that tells them anything. */
  refused(entry: Omit<NewAuditEntry, 'atUs'>): void {
    this.#push(entry)
    this.#later()
  }

  /** Never rejects. */
  async flush(): Promise<void> {
    await this.#writing
    if (this.#waiting.length === 0) return
    this.#writing ??= this.#write().finally(() => {
      this.#writing = null
    })
    await this.#writing
  }

  observe(): Record<string, unknown> {
    return { waiting: this.#waiting.length, lost: this.#lost }
  }

  async close(): Promise<void> {
    this.#cancelPrune()
    this.#cancelWrite?.()
    await this.flush()
    this.#cancelWrite?.()
  }

  #push(entry: Omit<NewAuditEntry, 'atUs'>): void {
    this.#waiting.push({ ...entry, atUs: this.#options.clock.nowUs() })
    if (this.#waiting.length <= WAITING_MAX) return
    this.#waiting.shift()
    this.#lost++
  }

  #later(): void {
    this.#cancelWrite ??= this.#options.clock.after(WRITE_INTERVAL_MS, () => {
      this.#cancelWrite = null
      void this.flush()
    })
  }

  async #write(): Promise<void> {
    const waiting = this.#waiting
    this.#waiting = []
    try {
      await this.#options.entries.add(waiting)
    } catch (error) {
      this.#waiting = [...waiting, ...this.#waiting].slice(-WAITING_MAX)
      this.#options.onFault(error as Error, 'audit log')
      this.#later()
    }
  }

  async #prune(): Promise<void> {
    const { entries, settings, clock, onFault } = this.#options
    const { audit_days: days } = settings()
    if (days > 0) {
      await entries
        .prune(clock.nowUs() - days * DAY_US)
        .catch((error: Error) => onFault(error, 'audit log'))
    }
    this.#cancelPrune = clock.after(PRUNE_INTERVAL_MS, () => void this.#prune())
  }
}
