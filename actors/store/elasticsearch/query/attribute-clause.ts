/** `key:value` over an attribute, in its typed field and in the text twin. */
import { seekValue } from '#actors/processing/attribute-filter.ts'
import { attributeField, textTwinField } from '../field-names.ts'
import type { AttributeFieldType } from '../index-template.ts'
import type { Clause } from './visible-rows.ts'

/** A field has one type in an index, but may have several over all of a search. */
export interface TypeInIndices {
  readonly type: AttributeFieldType
  /** null = everywhere. */
  readonly indices: readonly string[] | null
}

export type AttributeTypes = ReadonlyMap<string, readonly TypeInIndices[]>

const WHOLE = /^-?(?:0|[1-9]\d*)$/

export function attributeClause(key: string, value: string, types: AttributeTypes): Clause {
  const sought = meaningsOf(value)
  const field = attributeField(key)
  const typed = (types.get(key) ?? []).flatMap(({ type, indices }): Clause[] => {
    const clause = typedClause(field, type, sought)
    if (clause === null) return []
    if (indices === null) return [clause]
    return [{ bool: { filter: [{ terms: { _index: indices } }, clause] } }]
  })
  return {
    bool: { should: [...typed, ...twinClauses(key, sought)], minimum_should_match: 1 },
  }
}

interface Meanings {
  readonly text: string
  readonly number: number | null
  /** Digits of a whole number of any size. */
  readonly whole: string | null
  readonly isInt64: boolean
  readonly bool: boolean | null
}

function meaningsOf(value: string): Meanings {
  const { number, int, bool } = seekValue(value)
  return {
    text: value,
    number,
    whole: number === null ? null : wholeOf(value, number),
    isInt64: int !== null,
    bool: bool === null ? null : bool === 1,
  }
}

function wholeOf(value: string, number: number): string | null {
  if (WHOLE.test(value)) return String(BigInt(value))
  return Number.isInteger(number) ? String(BigInt(number)) : null
}

function typedClause(field: string, type: AttributeFieldType, sought: Meanings): Clause | null {
  switch (type) {
    case 'keyword':
      return { term: { [field]: { value: sought.text, case_insensitive: true } } }
    case 'double':
      return finite(sought.number) ? { term: { [field]: sought.number } } : null
    case 'long':
      return sought.isInt64 ? { term: { [field]: sought.whole } } : null
    case 'boolean':
      return sought.bool === null ? null : { term: { [field]: sought.bool } }
  }
}

function twinClauses(key: string, { text, number, whole, bool }: Meanings): Clause[] {
  const clauses: Clause[] = [
    { term: { [textTwinField('s', key)]: { value: text, case_insensitive: true } } },
  ]
  if (whole !== null) clauses.push({ term: { [textTwinField('i', key)]: whole } })
  if (finite(number)) clauses.push({ term: { [textTwinField('d', key)]: String(number) } })
  if (bool !== null) clauses.push({ term: { [textTwinField('b', key)]: String(bool) } })
  return clauses
}

function finite(number: number | null): number is number {
  return number !== null && Number.isFinite(number)
}
