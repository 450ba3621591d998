/** What a log on Kafka keeps in the catalog, in memory that outlives the logs of one test. */
import type { Checkpoint, Checkpoints, Claim } from '#actors/catalog/checkpoints.ts'
import type {
  KeyedRequestId,
  KeyedRequests,
  StoredRequest,
} from '#actors/catalog/keyed-requests.ts'
import type { ProjectPartitions } from '#actors/catalog/partitions.ts'

interface Row extends Claim {
  readonly owner: string
}

export class MemoryCheckpoints implements Checkpoints {
  readonly #rows = new Map<string, Row>()
  saves = 0

  async claim(
    group: string,
    topic: string,
    partitions: readonly number[],
    owner: string,
  ): Promise<readonly Claim[]> {
    return partitions.map(partition => {
      const key = `${group}/${topic}/${partition}`
      const known = this.#rows.get(key) ?? {
        partition,
        owner: '',
        fence: 0,
        position: null,
        state: null,
      }
      const fence = known.owner === owner ? known.fence : known.fence + 1
      const row = { ...known, owner, fence }
      this.#rows.set(key, row)
      return row
    })
  }

  async save({ group, topic, partition, fence, position, state }: Checkpoint): Promise<boolean> {
    const key = `${group}/${topic}/${partition}`
    const known = this.#rows.get(key)
    if (known === undefined || known.fence !== fence) return false
    this.#rows.set(key, { ...known, position, state: Uint8Array.from(state) })
    this.saves++
    return true
  }

  async positions(group: string, topic: string): Promise<ReadonlyMap<number, number>> {
    const prefix = `${group}/${topic}/`
    const rows = [...this.#rows].filter(([key]) => key.startsWith(prefix))
    return new Map(
      rows.flatMap(([, { partition, position }]) =>
        position === null ? [] : [[partition, position] as const],
      ),
    )
  }
}

/** Projects come into being as they are asked for. */
export class MemoryPartitions implements Pick<ProjectPartitions, 'of' | 'all'> {
  readonly #lists = new Map<string, readonly number[]>()

  async of(projectId: string, partitionCount: number): Promise<readonly number[]> {
    const known = this.#lists.get(projectId)
    if (known !== undefined) return known
    const list = [this.#lists.size % partitionCount]
    this.#lists.set(projectId, list)
    return list
  }

  assign(projectId: string, partitions: readonly number[]): void {
    this.#lists.set(projectId, partitions)
  }

  async all(): Promise<ReadonlyMap<string, readonly number[]>> {
    return this.#lists
  }
}

export class MemoryKeyedRequests implements KeyedRequests {
  readonly #requests = new Map<string, StoredRequest>()

  async begin(
    { projectId, producer }: KeyedRequestId,
    { bodySha256, of }: { readonly bodySha256: Uint8Array; readonly of: number },
  ) {
    const key = `${projectId}/${producer}`
    const known = this.#requests.get(key)
    if (known !== undefined && Buffer.compare(known.bodySha256, bodySha256) !== 0) {
      return { type: 'conflict' } as const
    }
    const stored = known ?? { bodySha256, of, lastChunk: 0, accepted: 0, rejected: [] }
    this.#requests.set(key, stored)
    return { type: 'open', stored } as const
  }

  async store(
    { projectId, producer }: KeyedRequestId,
    { chunk, accepted, rejected }: Parameters<KeyedRequests['store']>[1],
  ): Promise<void> {
    const key = `${projectId}/${producer}`
    const known = this.#requests.get(key)
    if (known === undefined || chunk !== known.lastChunk + 1) return
    this.#requests.set(key, {
      ...known,
      lastChunk: chunk,
      accepted: known.accepted + accepted,
      rejected: [...known.rejected, ...rejected],
    })
  }

  async find({ projectId, producer }: KeyedRequestId): Promise<StoredRequest | undefined> {
    return this.#requests.get(`${projectId}/${producer}`)
  }

  async forget(): Promise<number> {
    return 0
  }
}
