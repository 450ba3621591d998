/**
 * The contract of index placements: in which index a project's rows of one period lie. Decided once,
 * before the first write, and never changed, because an id is unique within its index only.
 */
export interface Placement {
  readonly index: string
  readonly shards: number
  /** With other projects, whose rows must survive when this one's are deleted. */
  readonly shared: boolean
}

export interface PlacedPeriod extends Placement {
  readonly projectId: string
  /** As text that sorts, such as `2026-11-28`. */
  readonly period: string
}

export interface Placements {
  /** The first answer for a project and period is everybody's, whatever the others wanted. */
  place(projectId: string, period: string, wanted: Placement): Promise<Placement>
  /** Of one project, or of all; by period. */
  list(projectId?: string): Promise<readonly PlacedPeriod[]>
  /** Everything that lies in one index. */
  inIndex(index: string): Promise<readonly PlacedPeriod[]>
  /** Shards of all indices, each counted once. */
  shards(): Promise<number>
  /** The index is gone. */
  forget(index: string): Promise<void>
}
