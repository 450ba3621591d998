/** Kinds of fields: those of a row have their own rules, all others are attributes. */
import type { QueryLeaf } from './tree.ts'

export type FieldKind =
  /** Compared as times. */
  | 'time'
  | 'level'
  /** A short text; an empty one is a field that is not there. */
  | 'name'
  | 'message'
  /** The id of the row. */
  | 'id'
  /** 32 or 16 hex digits; what is none stays an attribute of that name. */
  | 'trace'
  /** The number of a row's pattern. */
  | 'pattern'
  | 'attribute'

const KINDS: ReadonlyMap<string, FieldKind> = new Map([
  ['time', 'time'],
  ['ingested_at', 'time'],
  ['level', 'level'],
  ['service', 'name'],
  ['host', 'name'],
  ['file', 'name'],
  ['severity_text', 'name'],
  ['message', 'message'],
  ['id', 'id'],
  ['trace_id', 'trace'],
  ['span_id', 'trace'],
  ['pattern_id', 'pattern'],
])

export function fieldKind(field: string): FieldKind {
  return KINDS.get(field) ?? 'attribute'
}

/** The field that a condition is about; null = words of the message. */
export function fieldOf(leaf: QueryLeaf): string | null {
  return leaf.type === 'phrase' ? null : leaf.field
}

/** The attribute that a condition is about, or may be about; null = none. */
export function attributeOf(leaf: QueryLeaf): string | null {
  const field = fieldOf(leaf)
  if (field === null) return null
  const kind = fieldKind(field)
  return kind === 'attribute' || kind === 'trace' ? field : null
}
