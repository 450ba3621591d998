/**
 * Finds what belongs to a set of labels without making a text of them: a level of the tree for each
 * label, in the order in which the application writes them.
 */

/** What an application gives as labels; numbers and booleans count as their texts. */
export type Labels = Readonly<Record<string, string | number | boolean | undefined>>

export class LabelTree<Leaf> {
  private root = new LabelNode<Leaf>()
  private nodes = 0
  private readonly nodesMax: number

  /** Beyond `nodesMax` all is forgotten, to be put in again. */
  constructor(nodesMax: number) {
    this.nodesMax = nodesMax
  }

  find(labels: Labels | undefined): Leaf | null {
    let node = this.root
    for (const key in labels) {
      const next = node.child(key, labels[key])
      if (next === undefined) return null
      node = next
    }
    return node.leaf
  }

  put(labels: Labels | undefined, leaf: Leaf): void {
    if (this.nodes >= this.nodesMax) this.clear()
    let node = this.root
    for (const key in labels) {
      let next = node.child(key, labels[key])
      if (next === undefined) {
        next = node.grow(key, labels[key])
        this.nodes++
      }
      node = next
    }
    node.leaf = leaf
  }

  clear(): void {
    this.root = new LabelNode<Leaf>()
    this.nodes = 0
  }
}

class LabelNode<Leaf> {
  leaf: Leaf | null = null
  /** The label that comes next, nearly always: an application writes it at one place. */
  private key = ''
  private readonly values = new Map<unknown, LabelNode<Leaf>>()
  private others: Map<string, Map<unknown, LabelNode<Leaf>>> | null = null

  child(key: string, value: unknown): LabelNode<Leaf> | undefined {
    const values = key === this.key ? this.values : this.others?.get(key)
    return values?.get(value)
  }

  grow(key: string, value: unknown): LabelNode<Leaf> {
    const grown = new LabelNode<Leaf>()
    if (this.values.size === 0) this.key = key
    this.valuesOf(key).set(value, grown)
    return grown
  }

  private valuesOf(key: string): Map<unknown, LabelNode<Leaf>> {
    if (key === this.key) return this.values
    this.others ??= new Map()
    const values = this.others.get(key) ?? new Map<unknown, LabelNode<Leaf>>()
    this.others.set(key, values)
    return values
  }
}
