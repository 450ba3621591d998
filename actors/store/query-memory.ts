/**
 * What queries hold in memory for groups, numbers and rows, in bytes as far as they can be told:
 * bounded for each query, and for all that run at once for one project.
 */
import { QUERY_MEMORY_PER_PROJECT } from '#proto/limits.ts'
import { StoreError } from './store-error.ts'

export interface QueryMemoryLimits {
  readonly perQueryBytes: number
  readonly perProjectBytes: number
}

/** As settings have it. */
export function queryMemory({
  queryMemoryBytes,
}: {
  readonly queryMemoryBytes: number
}): QueryMemory {
  return new QueryMemory({
    perQueryBytes: queryMemoryBytes,
    perProjectBytes: queryMemoryBytes * QUERY_MEMORY_PER_PROJECT,
  })
}

/** What a query holds of a kind; each is given the amount of now, not what has come to it. */
export type Held = 'groups' | 'rows'

/** Whose limit was reached; rows of a page may be asked for in smaller pages. */
export class TooMuchMemoryError extends StoreError {
  readonly held: Held

  constructor(held: Held, message: string) {
    super('LOGBOY_QUERY_TOO_DEAR', message)
    this.held = held
  }
}

export class QueryMemory {
  readonly limits: QueryMemoryLimits
  readonly #projects = new Map<string, { bytes: number; queries: number }>()

  constructor(limits: QueryMemoryLimits) {
    this.limits = limits
  }

  /** The memory of one query, until it is released. */
  open(projectId: string): HeldMemory {
    const project = this.#projects.get(projectId) ?? { bytes: 0, queries: 0 }
    this.#projects.set(projectId, project)
    project.queries++
    return new HeldMemory(this.limits, project, () => {
      if (--project.queries === 0) this.#projects.delete(projectId)
    })
  }

  observe(): Record<string, unknown> {
    const held = [...this.#projects.values()].reduce((sum, { bytes }) => sum + bytes, 0)
    return { ...this.limits, held }
  }
}

export class HeldMemory {
  readonly limits: QueryMemoryLimits
  readonly #project: { bytes: number }
  readonly #onReleased: () => void
  readonly #held: Record<Held, number> = { groups: 0, rows: 0 }

  constructor(limits: QueryMemoryLimits, project: { bytes: number }, onReleased: () => void) {
    this.limits = limits
    this.#project = project
    this.#onReleased = onReleased
  }

  /** Throws LOGBOY_QUERY_TOO_DEAR, which says what to narrow. */
  hold(what: Held, bytes: number): void {
    const { perQueryBytes, perProjectBytes } = this.limits
    const own = this.#sum() - this.#held[what] + bytes
    if (own > perQueryBytes) throw tooMuchMemory(what, perQueryBytes)
    const more = bytes - this.#held[what]
    if (more > 0 && this.#project.bytes + more > perProjectBytes) {
      const all = `the queries of the project that run now hold ${inMiB(perProjectBytes)} of memory`
      throw new TooMuchMemoryError(what, `${all}: ask again later, or ${ADVICE[what]}`)
    }
    this.#project.bytes += more
    this.#held[what] = bytes
  }

  release(): void {
    this.#project.bytes -= this.#sum()
    this.#held.groups = 0
    this.#held.rows = 0
    this.#onReleased()
  }

  #sum(): number {
    return this.#held.groups + this.#held.rows
  }
}

/** A character of a row, and of the answer that it becomes a part of. */
export const ROW_CHAR_BYTES = 2

export function rowBytes(rows: readonly string[]): number {
  return rows.reduce((sum, row) => sum + row.length, 0) * ROW_CHAR_BYTES
}

export function tooMuchMemory(what: Held, limitBytes: number): TooMuchMemoryError {
  const message = `${NAMES[what]} take more than ${inMiB(limitBytes)} of memory: ${ADVICE[what]}`
  return new TooMuchMemoryError(what, message)
}

const NAMES: Readonly<Record<Held, string>> = {
  groups: 'the groups and numbers of the query',
  rows: 'the rows of the page',
}
const ADVICE: Readonly<Record<Held, string>> = {
  groups: 'ask about less time or fewer logs, or group by fields with fewer values',
  rows: 'ask for fewer rows at once, or for some of their fields (| fields time, message)',
}

function inMiB(bytes: number): string {
  return `${Math.round(bytes / 1024 ** 2)} MiB`
}
