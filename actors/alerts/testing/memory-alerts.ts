/** Rules and their states in memory, for tests that ask only for answers. */
import type {
  AlertEdit,
  AlertRuleRefusal,
  AlertRules,
  NewAlertRule,
  StoredAlertRule,
  UncountedNote,
  WarmUp,
} from '#actors/catalog/alert-rules.ts'

export class MemoryAlertRules implements AlertRules {
  readonly #rules = new Map<string, StoredAlertRule>()
  /** Versions that are evaluated; of none nothing is known, and nobody waits. */
  readonly begun = new Map<string, number>()
  #version = 0

  async list(projectId: string): Promise<readonly StoredAlertRule[]> {
    return [...this.#rules.values()].filter(rule => rule.projectId === projectId)
  }

  async find(projectId: string, id: string): Promise<StoredAlertRule | null> {
    return (await this.list(projectId)).find(rule => rule.id === id) ?? null
  }

  async stamps(): Promise<ReadonlyMap<string, string>> {
    const rules = [...this.#rules.values()]
    return new Map(rules.map(({ projectId, id, version }) => [projectId, `${id}@${version}`]))
  }

  async create(
    edit: AlertEdit,
    rules: readonly NewAlertRule[],
    replace: boolean,
  ): Promise<'done' | AlertRuleRefusal> {
    const known = new Map((await this.list(edit.projectId)).map(each => [each.rule.name, each.id]))
    if (!replace && rules.some(({ rule }) => known.has(rule.name))) return 'name-taken'
    for (const { id, rule } of rules) this.#put(edit, { id: known.get(rule.name) ?? id, rule })
    return 'done'
  }

  async update(
    edit: AlertEdit,
    rule: NewAlertRule,
    version?: number,
  ): Promise<'done' | AlertRuleRefusal> {
    const known = await this.find(edit.projectId, rule.id)
    if (known === null) return 'unknown'
    if (version !== undefined && version !== known.version) return 'stale'
    this.#put(edit, rule)
    return 'done'
  }

  async delete({ projectId }: AlertEdit, id: string): Promise<boolean> {
    return (await this.find(projectId, id)) !== null && this.#rules.delete(id)
  }

  async noteBegun(rules: readonly Pick<StoredAlertRule, 'id' | 'version'>[]): Promise<void> {
    for (const { id, version } of rules) this.begun.set(id, version)
  }

  async hasBegun(projectId: string): Promise<boolean> {
    const rules = (await this.list(projectId)).filter(({ rule }) => rule.enabled !== false)
    return this.begun.size === 0 || rules.every(({ id, version }) => this.begun.get(id) === version)
  }

  async noteWarmUp(id: string, version: number, warmUp: WarmUp): Promise<void> {
    const rule = this.#rules.get(id)
    if (rule?.version === version) this.#rules.set(id, { ...rule, warmUp })
  }

  async noteUncounted(notes: readonly UncountedNote[]): Promise<void> {
    for (const { id, version, uncounted } of notes) {
      const rule = this.#rules.get(id)
      if (rule?.version === version) this.#rules.set(id, { ...rule, uncounted })
    }
  }

  #put({ projectId, by: updatedBy, atUs }: AlertEdit, { id, rule }: NewAlertRule): void {
    const version = ++this.#version
    const times = { createdAtUs: atUs, updatedAtUs: atUs }
    this.#rules.set(id, {
      id,
      projectId,
      rule,
      version,
      updatedBy,
      fault: null,
      warmUp: null,
      uncounted: null,
      ...times,
    })
  }
}
