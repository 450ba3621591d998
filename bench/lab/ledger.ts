/** What was sent, what was acknowledged, and the verdict on what is found afterwards. */

export interface Verdict {
  readonly acknowledged: number
  readonly found: number
  readonly lost: readonly string[]
  readonly doubled: readonly string[]
  /** Rows of one writer that stand in another order than it wrote them. */
  readonly disordered: readonly string[]
}

export interface FoundRow {
  /** Row id of the server: sorts like (producer, epoch, sequence, row). */
  readonly id: string
  readonly writer: string
  readonly number: number
}

/** Problems listed in a verdict; more are only counted by length elsewhere. */
const LISTED_MAX = 20

/** Per writer: how many numbers it acknowledged, all of them or (HTTP) a set. */
export class Ledger {
  readonly #acknowledged = new Map<string, Set<number>>()

  acknowledge(writer: string, numbers: Iterable<number>): void {
    const known = this.#acknowledged.get(writer) ?? new Set()
    for (const number of numbers) known.add(number)
    this.#acknowledged.set(writer, known)
  }

  judge(rows: readonly FoundRow[]): Verdict {
    const seen = new Map<string, number>()
    for (const { writer, number } of rows) {
      const name = `${writer}/${number}`
      seen.set(name, (seen.get(name) ?? 0) + 1)
    }
    const acknowledged = [...this.#acknowledged].flatMap(([writer, numbers]) =>
      [...numbers].map(number => `${writer}/${number}`),
    )
    return {
      acknowledged: acknowledged.length,
      found: rows.length,
      lost: acknowledged.filter(name => !seen.has(name)).slice(0, LISTED_MAX),
      doubled: [...seen]
        .filter(([, count]) => count > 1)
        .map(([name]) => name)
        .slice(0, LISTED_MAX),
      disordered: disorder(rows).slice(0, LISTED_MAX),
    }
  }
}

/** Within a producer (the first 13 characters of an id hold its 63 bits) numbers must rise with ids. */
function disorder(rows: readonly FoundRow[]): string[] {
  const last = new Map<string, number>()
  const wrong: string[] = []
  for (const { id, writer, number } of rows.toSorted((a, b) => (a.id < b.id ? -1 : 1))) {
    const stream = `${id.slice(0, 12)} ${writer}`
    if (number <= (last.get(stream) ?? -1)) wrong.push(`${writer}/${number}`)
    last.set(stream, number)
  }
  return wrong
}
