/**
 * Types of attribute fields, by first sight: the first value of a key in an index decides what its
 * field is, everything else goes to the text twin.
 */
import { type AttributeColumn, numberOfPair } from '#proto/columns.ts'
import type { AttributeFieldType } from './index-template.ts'

/** Of one index. */
export interface KnownTypes {
  /** By key. null = it can have no field of its own. */
  readonly byKey: Readonly<Record<string, AttributeFieldType | null>>
  /** No further key gets a field. */
  readonly isFull: boolean
}

/** What the fields of unknown keys should be. JSON values (arrays, null) never have one. */
export function proposeTypes(
  attributes: readonly AttributeColumn[],
  known: KnownTypes,
): Map<string, AttributeFieldType> {
  const proposed = new Map<string, AttributeFieldType>()
  if (known.isFull) return proposed
  for (const column of attributes) {
    const { key } = column
    if (column.present === 0 || column.type === 'j' || Object.hasOwn(known.byKey, key)) continue
    if (!proposed.has(key)) proposed.set(key, typeOf(column))
  }
  return proposed
}

/**
 * Numbers are doubles whether they look whole or not: senders in JavaScript write 12 and 12.5 for
 * the same thing. Only integers that a double cannot hold make a field of integers.
 */
function typeOf(column: AttributeColumn): AttributeFieldType {
  if (column.type === 's') return 'keyword'
  if (column.type === 'b') return 'boolean'
  return column.type === 'i' && !allSafe(column.ints) ? 'long' : 'double'
}

function allSafe(pairs: Int32Array): boolean {
  for (let at = 0; at < pairs.length; at += 2) {
    if (!Number.isSafeInteger(numberOfPair(pairs, at / 2))) return false
  }
  return true
}
