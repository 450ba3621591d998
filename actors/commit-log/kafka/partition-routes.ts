/**
 * Which partition a batch goes to. A project's partitions are stored in the catalog; a producer of
 * a project that has several keeps to one of them, and to the same one until it begins a new epoch,
 * so that each partition alone can tell what is a repeat.
 */
import type { ProjectPartitions } from '#actors/catalog/partitions.ts'
import type { Envelope } from '#proto/gen/logboy/v1/envelope_pb.ts'

/** A producer silent for this long has nothing on its way that would have to follow its old way. */
const ROUTE_KEPT_MS = 15 * 60_000

interface Route {
  readonly epoch: number
  readonly partition: number
  readonly atMs: number
}

export class PartitionRoutes {
  readonly #catalog: Pick<ProjectPartitions, 'of' | 'all'>
  readonly #partitionCount: number
  readonly #projects = new Map<string, readonly number[]>()
  /** In order of last use. */
  readonly #routes = new Map<string, Route>()
  #refreshes = 0

  constructor(catalog: Pick<ProjectPartitions, 'of' | 'all'>, partitionCount: number) {
    this.#catalog = catalog
    this.#partitionCount = partitionCount
  }

  /** undefined = not looked up yet. */
  partitionsOf(projectId: string): readonly number[] | undefined {
    return this.#projects.get(projectId)
  }

  /** Looks the project up; null = there is none. Throws while the catalog is away. */
  async load(projectId: string): Promise<readonly number[] | null> {
    const known = this.#projects.get(projectId)
    if (known !== undefined) return known
    for (;;) {
      const refreshes = this.#refreshes
      const partitions = await this.#catalog.of(projectId, this.#partitionCount)
      // Those who read all lists meanwhile did not know of this one, which may be the older.
      if (refreshes !== this.#refreshes) continue
      if (partitions !== null) this.#projects.set(projectId, this.#existing(partitions))
      return partitions
    }
  }

  /** The project must be loaded. `isResent`: a repeat of the batch must find the same partition. */
  route(envelope: Envelope, isResent: boolean, nowMs: number): number {
    const { projectId, producer, epoch } = envelope
    const partitions = this.#projects.get(projectId) ?? []
    const chosen = partitions[Number(producer % BigInt(partitions.length))] as number
    if (!isResent) return chosen
    this.#forgetOldest(nowMs)
    const key = `${projectId}/${producer}`
    const route = this.#routes.get(key)
    const partition = route?.epoch === epoch ? route.partition : chosen
    this.#routes.delete(key)
    this.#routes.set(key, { epoch, partition, atMs: nowMs })
    return partition
  }

  /** Reads all lists again, and names the known projects whose list is another one now. */
  async refresh(): Promise<readonly string[]> {
    const stored = await this.#catalog.all()
    this.#refreshes++
    const changed: string[] = []
    for (const [projectId, known] of this.#projects) {
      const now = stored.get(projectId)
      if (now === undefined) this.#projects.delete(projectId)
      else if (!sameNumbers(this.#existing(now), known)) {
        this.#projects.set(projectId, this.#existing(now))
        changed.push(projectId)
      }
    }
    return changed
  }

  /** A list may name partitions that another cluster had. */
  #existing(partitions: readonly number[]): readonly number[] {
    const existing = partitions.filter(partition => partition < this.#partitionCount)
    return existing.length > 0 ? existing : [(partitions[0] ?? 0) % this.#partitionCount]
  }

  /** Two for every new one: the table shrinks faster than it can grow. */
  #forgetOldest(nowMs: number): void {
    let looked = 0
    for (const [key, { atMs }] of this.#routes) {
      if (looked++ === 2 || nowMs - atMs < ROUTE_KEPT_MS) return
      this.#routes.delete(key)
    }
  }
}

function sameNumbers(a: readonly number[], b: readonly number[]): boolean {
  return a.length === b.length && a.every((value, index) => value === b[index])
}
