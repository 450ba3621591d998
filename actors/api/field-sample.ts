/** Which fields some rows have: names, types, shares, distinct values. Rows are JSON text. */
import type { Json, Row } from '#proto/api.ts'

export type FieldType = 'text' | 'integer' | 'number' | 'boolean' | 'null' | 'json'

export interface SampledField {
  readonly name: string
  /** Most frequent first. */
  readonly types: readonly FieldType[]
  /** Rows of the sample that have it. */
  readonly rows: number
  /** The same as a part of all rows of the sample. */
  readonly share: number
  /** Different values in the sample. */
  readonly distinct: number
}

/** Fields of a row itself; attributes of the same name stand beside them. */
const OWN = ['level', 'service', 'host', 'message', 'file', 'trace_id', 'span_id'] as const

/** Most frequent first, then by name. */
export function sampleFields(rows: readonly string[]): SampledField[] {
  const fields = new Map<string, Field>()
  const add = (name: string, value: Json): void => {
    const field = fields.get(name) ?? new Field()
    fields.set(name, field)
    field.add(value)
  }
  for (const text of rows) {
    const row = JSON.parse(text) as Row
    for (const name of OWN) if (isThere(row[name])) add(name, row[name])
    for (const [name, value] of Object.entries(row.attributes)) add(name, value)
  }
  return Array.from(fields, ([name, field]) => field.told(name, rows.length)).sort(
    (a, b) => b.rows - a.rows || (a.name < b.name ? -1 : 1),
  )
}

/** A name or an id that is empty is one that is not there. */
function isThere(value: string | null): value is string {
  return value !== null && value !== ''
}

class Field {
  readonly #types = new Map<FieldType, number>()
  readonly #values = new Set<string>()
  #rows = 0

  add(value: Json): void {
    this.#rows++
    const type = typeOf(value)
    this.#types.set(type, (this.#types.get(type) ?? 0) + 1)
    this.#values.add(typeof value === 'string' ? value : JSON.stringify(value))
  }

  told(name: string, of: number): SampledField {
    return {
      name,
      types: [...this.#types].sort(([, a], [, b]) => b - a).map(([type]) => type),
      rows: this.#rows,
      share: this.#rows / of,
      distinct: this.#values.size,
    }
  }
}

function typeOf(value: Json): FieldType {
  switch (typeof value) {
    case 'string':
      return 'text'
    case 'boolean':
      return 'boolean'
    case 'number':
      return Number.isInteger(value) ? 'integer' : 'number'
    default:
      return value === null ? 'null' : 'json'
  }
}
