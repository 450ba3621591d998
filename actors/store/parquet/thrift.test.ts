import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { SegmentCorruptError } from './corrupt.ts'
import {
  numberField,
  structField,
  THRIFT,
  ThriftReader,
  ThriftWriter,
  textField,
} from './thrift.ts'

test('numbers, texts, lists and nested structs come back', () => {
  fc.assert(
    fc.property(
      fc.maxSafeInteger(),
      fc.string(),
      fc.array(fc.integer(), { maxLength: 20 }),
      fc.boolean(),
      (number, text, list, flag) => {
        const out = new ThriftWriter()
        // The codec is for sizes and offsets: numbers up to 2^52 either way.
        const long = Math.floor(number / 2)
        out.long(1, long)
        out.binary(3, text)
        out.struct(40)
        out.list(2, THRIFT.i32, list.length)
        for (const element of list) out.intElement(element)
        out.boolean(3, flag)
        out.end()
        out.int(41, -7)
        out.end()
        const read = new ThriftReader(out.bytes()).struct()
        assert.equal(numberField(read, 1), long)
        assert.equal(textField(read, 3), text)
        assert.deepEqual(structField(read, 40).get(2), list)
        assert.equal(structField(read, 40).get(3), flag)
        assert.equal(numberField(read, 41), -7)
      },
    ),
  )
})

test('any bytes are read or refused', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 60 }), bytes => {
      try {
        new ThriftReader(bytes).struct()
      } catch (error) {
        assert(error instanceof SegmentCorruptError)
      }
    }),
    { numRuns: 2_000 },
  )
})
