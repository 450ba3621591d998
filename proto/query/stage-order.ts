/** Refuses stages that have no meaning where they stand. */
import { columnsOf, isTableStage, type Stage } from './analysis.ts'
import { nearestName } from './known-names.ts'
import { printColumn } from './print-stages.ts'
import type { TextReader } from './text-reader.ts'

export class StageOrder {
  readonly #reader: TextReader
  #isFirst = true
  #hasTable = false
  /** Of the table, or the fields that logs still have; null = all of them. */
  #columns: readonly string[] | null = null

  constructor(reader: TextReader) {
    this.#reader = reader
  }

  /** The next stage, whose text begins at `start` and has just been read. */
  add(stage: Stage, start: number): void {
    const isFirst = this.#isFirst
    this.#isFirst = false
    if (isTableStage(stage)) {
      if (!isFirst) this.#refuseSecond(start)
      this.#hasTable = true
      this.#columns = this.#different(columnsOf(stage), start)
      return
    }
    if (stage.type === 'limit') return
    if (stage.type === 'sort' && !this.#hasTable) this.#refuseSort(start)
    if (this.#columns !== null) {
      const names = stage.type === 'fields' ? stage.fields : stage.keys.map(({ column }) => column)
      for (const name of names) this.#demandColumn(name, this.#columns, start)
    }
    if (stage.type === 'fields') this.#columns = this.#different(stage.fields, start)
  }

  #refuseSecond(start: number): never {
    return this.#reader.fail(start, {
      message: 'only the first stage can work on logs',
      expected: 'sort, limit or fields here',
      suggestion: null,
    })
  }

  #refuseSort(start: number): never {
    return this.#reader.fail(start, {
      message: 'logs come in order of time',
      expected: 'sort behind a stage that makes a table, such as count by service',
      suggestion: null,
    })
  }

  #different(names: readonly string[], start: number): readonly string[] {
    const twice = names.find((name, i) => names.indexOf(name) !== i)
    if (twice === undefined) return names
    return this.#reader.fail(start, {
      message: `there are two columns ${twice}`,
      expected: 'each column once',
      suggestion: null,
    })
  }

  #demandColumn(name: string, columns: readonly string[], start: number): void {
    if (columns.includes(name)) return
    const reader = this.#reader
    const written = printColumn(name)
    const meant = nearestName(name, columns)
    const stage = reader.text.slice(start, reader.at)
    const fixed = meant === null ? stage : stage.replace(written, () => printColumn(meant))
    reader.fail(start, {
      message: `the table has no column ${name}`,
      expected: `one of ${columns.map(printColumn).join(', ')}`,
      suggestion: fixed === stage ? null : reader.replaced(start, fixed),
    })
  }
}
