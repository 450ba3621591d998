/**
 * A quota that several gateways share. Each decides at once by its own buckets, tells the shared
 * ones now and then what it took, and goes on from what they hold: so all of them together exceed
 * the quota by no more than what comes in between, and pay it back. While the shared buckets are
 * out of reach each gateway counts alone.
 */
import type { SharedAmount } from '#actors/coordination/coordination.ts'
import type { Quota } from './quota.ts'

/** The shared buckets, as coordination.ts has them; null = out of reach. */
export type Spend = (
  bucket: string,
  amounts: readonly SharedAmount[],
) => Promise<readonly number[] | null>

export class SharedQuota {
  readonly #bucket: string
  readonly #spend: Spend
  #taken = { records: 0, bytes: 0 }

  /** `bucket`: the same in all gateways. */
  constructor(bucket: string, spend: Spend) {
    this.#bucket = bucket
    this.#spend = spend
  }

  note(records: number, bytes: number): void {
    this.#taken = { records: this.#taken.records + records, bytes: this.#taken.bytes + bytes }
  }

  /** Tells what was taken since the last time; the buckets of `quota` are as full as the shared. */
  async settle(quota: Quota): Promise<void> {
    const { recordsPerSecond, bytesPerSecond } = quota.limits
    const told = this.#taken
    this.#taken = { records: 0, bytes: 0 }
    const parts = [
      { rate: recordsPerSecond, amount: told.records },
      { rate: bytesPerSecond, amount: told.bytes },
    ]
    const limited = parts.filter(({ rate }) => rate > 0)
    const levels = limited.length === 0 ? null : await this.#spend(this.#bucket, limited)
    if (levels === null) return
    const left = levels.values()
    const [records, bytes] = parts.map(({ rate }) => (rate > 0 ? (left.next().value ?? 0) : 0))
    // What was taken while the question was under way is not in the answer.
    quota.adopt((records ?? 0) - this.#taken.records, (bytes ?? 0) - this.#taken.bytes)
  }
}
