/** Scalars of a JSON attribute as text under their own types, so that a search finds them. */

import { NumberText, parseKeepingNumbers } from '#actors/processing/exact-json.ts'
import { ATTRIBUTE_SEARCH_CHARS_MAX } from '#proto/limits.ts'
import { twinName } from './field-names.ts'

const WHOLE = /^-?(?:0|[1-9]\d*)$/

type ScalarType = 's' | 'i' | 'd' | 'b'

/** Members of the text twin, each with a comma before it; '' = nothing in it equals anything. */
export function jsonMembers(key: string, text: string): string {
  const value = parseKeepingNumbers(text)
  const found = new Map<ScalarType, string[]>()
  for (const element of Array.isArray(value) ? value : [value]) {
    const scalar = scalarOf(element)
    if (scalar === null) continue
    const [type, own] = scalar
    found.set(type, [...(found.get(type) ?? []), own])
  }
  const isLong = text.length > ATTRIBUTE_SEARCH_CHARS_MAX
  let members = isLong ? `,${JSON.stringify(twinName('l', key))}:"json"` : ''
  for (const [type, values] of found) {
    members += `,${JSON.stringify(twinName(type, key))}:${JSON.stringify(values)}`
  }
  return members
}

function scalarOf(value: unknown): readonly [ScalarType, string] | null {
  if (typeof value === 'string') return ['s', value]
  if (typeof value === 'boolean') return ['b', String(value)]
  if (!(value instanceof NumberText)) return null
  return WHOLE.test(value.text)
    ? ['i', String(BigInt(value.text))]
    : ['d', String(Number(value.text))]
}
