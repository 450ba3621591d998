/** What a project may send, all its keys together, and what each of its keys may. */
import { Quota, type QuotaLimits } from './quota.ts'
import { SharedQuota, type Spend } from './shared-quota.ts'

/** Limits of the project, and of the key that a batch came with. */
export interface SenderLimits extends QuotaLimits {
  readonly keyId: string
  readonly own: QuotaLimits
}

export const UNLIMITED: QuotaLimits = { recordsPerSecond: 0, bytesPerSecond: 0 }

/** Keys that are counted at once; the one that was counted first is forgotten for one more. */
const KEYS_MAX = 1_000

interface Counted {
  readonly quota: Quota
  readonly shared: SharedQuota | null
}

export class SenderQuotas {
  readonly #spend: Spend | null
  readonly #project: Counted
  readonly #keys = new Map<string, Counted>()

  constructor(projectId: string, spend: Spend | null, nowMs: number) {
    this.#spend = spend
    this.#project = this.#counted(`project:${projectId}`, UNLIMITED, nowMs)
  }

  get limits(): QuotaLimits {
    return this.#project.quota.limits
  }

  /** Hold from now on. */
  setLimits({ keyId, own, ...limits }: SenderLimits, nowMs: number): void {
    this.#project.quota.setLimits(limits, nowMs)
    const isLimited = own.recordsPerSecond > 0 || own.bytesPerSecond > 0
    const known = this.#keys.get(keyId)
    if (known !== undefined) known.quota.setLimits(own, nowMs)
    else if (isLimited) this.#add(keyId, own, nowMs)
  }

  /** 0 = taken, else the milliseconds after which to try again: nothing was taken then. */
  take(sender: SenderLimits, { records, bytes }: Amount, nowMs: number): number {
    this.setLimits(sender, nowMs)
    const key = this.#keys.get(sender.keyId)
    const all = key === undefined ? [this.#project] : [this.#project, key]
    const waitMs = Math.max(...all.map(({ quota }) => quota.waitMs(nowMs)))
    if (waitMs > 0) return waitMs
    for (const { quota, shared } of all) {
      quota.take(records, bytes, nowMs)
      shared?.note(records, bytes)
    }
    return 0
  }

  /** Where several gateways share the quotas: tells the others what was taken here. */
  settle(): void {
    // Coordination answers null where it cannot, and never fails.
    for (const { quota, shared } of [this.#project, ...this.#keys.values()]) {
      void shared?.settle(quota)
    }
  }

  #add(keyId: string, limits: QuotaLimits, nowMs: number): void {
    const [oldest] = this.#keys.keys()
    if (this.#keys.size >= KEYS_MAX && oldest !== undefined) this.#keys.delete(oldest)
    this.#keys.set(keyId, this.#counted(`key:${keyId}`, limits, nowMs))
  }

  #counted(bucket: string, limits: QuotaLimits, nowMs: number): Counted {
    const shared = this.#spend === null ? null : new SharedQuota(bucket, this.#spend)
    return { quota: new Quota(limits, nowMs), shared }
  }
}

export interface Amount {
  readonly records: number
  readonly bytes: number
}
