/**
 * Who of a consumer group gets which partitions, where some must not be parted: each member tells
 * what it knows of these, and the leader of the group shares out whole sets.
 */
type Partitions = readonly number[]

export interface Sharer {
  readonly memberId: string
  /** Sets that are not to be parted; those that have one in common are one. */
  readonly together: readonly Partitions[]
}

/** Partitions by member. The same members get the same, whichever of them leads. */
export function shareOut(
  members: readonly Sharer[],
  partitionCount: number,
): ReadonlyMap<string, Partitions> {
  const sets = joined(
    members.flatMap(({ together }) => together),
    partitionCount,
  )
  const shares = members
    .map(({ memberId }) => ({ memberId, partitions: [] as number[] }))
    .sort((a, b) => (a.memberId < b.memberId ? -1 : 1))
  // Large ones first, each to whom has least.
  for (const set of sets.toSorted((a, b) => b.length - a.length || first(a) - first(b))) {
    const least = Math.min(...shares.map(({ partitions }) => partitions.length))
    shares.find(({ partitions }) => partitions.length === least)?.partitions.push(...set)
  }
  return new Map(
    shares.map(({ memberId, partitions }) => [memberId, partitions.toSorted(byNumber)]),
  )
}

/** All partitions, each in one set, in ascending order. */
export function joined(sets: readonly Partitions[], partitionCount: number): readonly Partitions[] {
  const setOf = Array.from({ length: partitionCount }, (_, partition) => [partition])
  for (const [one = -1, ...others] of sets) {
    for (const other of others) {
      const [into, from] = [setOf[one], setOf[other]]
      if (into === undefined || from === undefined || into === from) continue
      into.push(...from)
      for (const partition of from) setOf[partition] = into
    }
  }
  return [...new Set(setOf)].map(set => set.toSorted(byNumber))
}

/** As a member tells them. */
export function encodeTogether(sets: readonly Partitions[]): Buffer {
  return Buffer.from(JSON.stringify(sets))
}

/** What another version tells is left out: its sets find together once all are of one version. */
export function decodeTogether(bytes: Uint8Array): readonly Partitions[] {
  if (bytes.length === 0) return []
  try {
    const sets: unknown = JSON.parse(Buffer.from(bytes).toString())
    return Array.isArray(sets) ? sets.filter(isPartitions) : []
  } catch {
    return []
  }
}

function isPartitions(value: unknown): value is Partitions {
  return Array.isArray(value) && value.every(each => Number.isSafeInteger(each))
}

function byNumber(a: number, b: number): number {
  return a - b
}

function first([partition = 0]: Partitions): number {
  return partition
}
