/** Silences in memory, for tests that ask only for answers. */
import type { SilenceRefusal, Silences, StoredSilence } from '#actors/catalog/silences.ts'

export class MemorySilences implements Silences {
  readonly #silences = new Map<string, StoredSilence>()

  async list(projectId: string): Promise<readonly StoredSilence[]> {
    return [...this.#silences.values()].filter(each => each.projectId === projectId)
  }

  async find(projectId: string, id: string): Promise<StoredSilence | null> {
    return (await this.list(projectId)).find(each => each.id === id) ?? null
  }

  async active(projectIds: readonly string[], nowUs: number): Promise<readonly StoredSilence[]> {
    return [...this.#silences.values()].filter(
      ({ projectId, startsAtUs, endsAtUs }) =>
        projectIds.includes(projectId) && startsAtUs <= nowUs && nowUs < endsAtUs,
    )
  }

  async create(silence: StoredSilence): Promise<'done' | SilenceRefusal> {
    this.#silences.set(silence.id, silence)
    return 'done'
  }

  async update(
    silence: StoredSilence,
    nowUs: number,
    version?: number,
  ): Promise<'done' | SilenceRefusal> {
    const known = await this.find(silence.projectId, silence.id)
    if (known === null) return 'unknown'
    if (version !== undefined && version !== known.version) return 'stale'
    if (known.endsAtUs <= nowUs) return 'ended'
    this.#silences.set(silence.id, { ...silence, version: known.version + 1 })
    return 'done'
  }

  async end(projectId: string, id: string, nowUs: number): Promise<boolean> {
    const known = await this.find(projectId, id)
    if (known === null) return false
    this.#silences.set(id, {
      ...known,
      endsAtUs: Math.min(known.endsAtUs, nowUs),
      version: known.version + 1,
    })
    return true
  }

  async forget(): Promise<number> {
    return 0
  }
}
