/** Index placements in memory; the real ones are in the catalog and pass tests of their own. */
import type { PlacedPeriod, Placement, Placements } from '#actors/catalog/placements.ts'

export class MemoryPlacements implements Placements {
  #placed: PlacedPeriod[] = []

  async place(projectId: string, period: string, wanted: Placement): Promise<Placement> {
    const known = this.#placed.find(
      place => place.projectId === projectId && place.period === period,
    )
    if (known !== undefined) return known
    this.#placed.push({ ...wanted, projectId, period })
    return wanted
  }

  async list(projectId?: string): Promise<readonly PlacedPeriod[]> {
    return this.#placed
      .filter(place => projectId === undefined || place.projectId === projectId)
      .toSorted((a, b) => (a.period < b.period ? -1 : a.period > b.period ? 1 : 0))
  }

  async inIndex(index: string): Promise<readonly PlacedPeriod[]> {
    return this.#placed.filter(place => place.index === index)
  }

  async shards(): Promise<number> {
    const byIndex = new Map(this.#placed.map(({ index, shards }) => [index, shards]))
    return [...byIndex.values()].reduce((sum, shards) => sum + shards, 0)
  }

  async forget(index: string): Promise<void> {
    this.#placed = this.#placed.filter(place => place.index !== index)
  }
}
