import type { Json, Row } from '#proto/api.ts'

/** A row's own field, or its attribute: the fields of a row win over attributes of the same name. */
export function rowMember(row: Row, name: string): Json | undefined {
  if (Object.hasOwn(row, name)) return row[name as keyof Row] as Json
  return row.attributes[name]
}
