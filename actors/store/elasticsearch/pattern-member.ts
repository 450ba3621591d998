/** The pattern id of a row as a member of its document. */
import { PatternIds } from '#actors/processing/patterns/pattern-ids.ts'
import type { RowColumns } from '#proto/columns.ts'
import type { ByteSink } from '../parquet/byte-sink.ts'
import { FIELDS } from './field-names.ts'
import { fragment, writeBytes } from './json-bytes.ts'

/** Rows share few patterns: a member is put together once. Beyond so many it begins anew. */
const MEMBERS_MAX = 4_096
const members = new Map<number, Uint8Array>()

export class PatternMember {
  readonly #ids: PatternIds

  constructor(rows: RowColumns) {
    this.#ids = new PatternIds(rows)
  }

  write(sink: ByteSink, row: number): void {
    const id = this.#ids.of(row)
    let member = members.get(id)
    if (member === undefined) {
      if (members.size === MEMBERS_MAX) members.clear()
      member = fragment(`,"${FIELDS.pattern}":${id}`)
      members.set(id, member)
    }
    writeBytes(sink, member)
  }
}
