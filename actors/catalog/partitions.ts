/**
 * The contract of project partitions: numbers that are stored, not hashes, so that a topic can grow
 * and a large project can have several. Every change raises the catalog's version.
 */
export interface ProjectPartitions {
  /**
   * In ascending order; assigned at first use: the partition below `partitionCount` with the fewest
   * projects, of several the lowest. null = there is no such project.
   */
  of(projectId: string, partitionCount: number): Promise<readonly number[] | null>
  /** Spreads a project anew; its producers must then begin a new epoch. False = no such project. */
  assign(projectId: string, partitions: readonly number[]): Promise<boolean>
  /** All that are assigned, by project. */
  all(): Promise<ReadonlyMap<string, readonly number[]>>
}
