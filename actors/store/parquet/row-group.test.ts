import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { openRowGroup } from './reader.ts'
import { encodeRowGroup } from './row-group.ts'
import { chooseAttributes, segmentSchema } from './schema.ts'
import { arbitraryParts } from './testing/arbitrary-rows.ts'
import { memoryFile } from './testing/memory-file.ts'
import { byIdentity, columnsOf, type PlainRow, plainRows } from './testing/plain-rows.ts'

test('any rows come back from a segment as they went in', () => {
  fc.assert(
    fc.property(
      arbitraryParts,
      fc.constantFrom('dictionary' as const, 'each' as const),
      fc.integer({ min: 0, max: 8 }),
      (parts, form, cap) => {
        const columns = parts.map(part => columnsOf(part, form))
        const schema = segmentSchema(chooseAttributes(columns, cap))
        const { read, footer } = memoryFile([encodeRowGroup(columns, schema)])
        const [group] = footer.groups
        assert(group !== undefined)
        const own = new Set(schema.attributes.map(({ type, key }) => `${type}.${key}`))
        const expected = parts.flat().map(row => asStored(row, own))
        assert.deepEqual(byIdentity(plainRows(openRowGroup(read, group))), byIdentity(expected))
      },
    ),
    { numRuns: 120 },
  )
})

/** JSON has no NaN and infinities: without a column they become texts. */
function asStored(row: PlainRow, own: ReadonlySet<string>): PlainRow {
  const entries = Object.entries(row.attributes).map(([name, value]) => {
    if (own.has(name) || !name.startsWith('d.') || Number.isFinite(Number(value)))
      return [name, value]
    const key = name.slice(2)
    return own.has(`s.${key}`) ? [`j.${key}`, JSON.stringify(value)] : [`s.${key}`, value]
  })
  return { ...row, attributes: Object.fromEntries(entries) }
}
